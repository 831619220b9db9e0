import { api } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readDocument } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, time } from '../../number-text.ts';
import { parseNumber } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';

type Projects = EsteiraClient['projects'];
type Project = Awaited<ReturnType<Projects['project']>>;

interface RoiFlags {
  readonly precision: number;
  readonly recall: number;
  readonly baselinePrecision?: number;
  readonly baselineRecall?: number;
}

/** `esteira projects`: use cases with their problem, success metric, SLA and life cycle. */
export function addProjectsCommand(program: Command, context: CommandContext): void {
  const projects = program
    .command('projects')
    .description('Use cases: problem, success metric, SLA, life cycle');

  addPagedListing(projects, context, {
    command: 'list',
    summary: api.projects.projects.summary,
    read: (query: PageFlags) => context.client().projects.projects({ query }),
    columns: {
      name: (project) => project.name,
      title: (project) => project.title,
      metric: (project) => project.successMetric.name,
      risk: (project) => project.riskClass,
      reached: (project) => project.lifecycle.filter(({ times }) => times > 0).at(-1)?.stage ?? '-',
    },
  });

  projects
    .command('create <file>')
    .description(`${api.projects.createProject.summary} From a YAML file.`)
    .action(async (file: string) => {
      const body = await readDocument<RequestBody<Projects['createProject']>>(context, file);
      const project = await context.client().projects.createProject({ body });
      context.output().result(project, `opened the project ${project.name}`);
    });

  projects
    .command('show <name>')
    .description(api.projects.project.summary)
    .action(async (name: string) => {
      const project = await context.client().projects.project({ params: { name } });
      context.output().result(project, describeProject(project));
    });

  projects
    .command('update <name> <file>')
    .description(`${api.projects.updateProject.summary} The YAML file holds the fields to change.`)
    .action(async (name: string, file: string) => {
      const body = await readDocument<RequestBody<Projects['updateProject']>>(context, file);
      const project = await context.client().projects.updateProject({ params: { name }, body });
      context.output().result(project, `${project.name}: revision ${project.revision}`);
    });

  projects
    .command('history <name>')
    .description(api.projects.projectHistory.summary)
    .action(async (name: string) => {
      const history = await context.client().projects.projectHistory({ params: { name } });
      const text = table(history.items, {
        revision: (entry) => String(entry.revision),
        at: (entry) => time(entry.at),
        by: (entry) => entry.actor,
        metric: (entry) => describeMetric(entry.record),
      });
      context.output().result(history, text);
    });

  projects
    .command('roi <name>')
    .description(api.projects.estimateRoi.summary)
    .requiredOption('--precision <share>', 'share of its alarms that are right, 0 to 1', parseNumber)
    .requiredOption('--recall <share>', 'share of the positive cases it finds, 0 to 1', parseNumber)
    .option('--baseline-precision <share>', 'of the baseline, to compare', parseNumber)
    .option('--baseline-recall <share>', 'of the baseline, to compare', parseNumber)
    .action(async (name: string, flags: RoiFlags) => {
      const { precision, recall, baselinePrecision, baselineRecall } = flags;
      const baseline =
        baselinePrecision === undefined || baselineRecall === undefined
          ? {}
          : { baseline: { precision: baselinePrecision, recall: baselineRecall } };
      const estimate = await context
        .client()
        .projects.estimateRoi({ params: { name }, body: { precision, recall, ...baseline } });
      const text = facts([
        ['worth per month', `${number(Math.round(estimate.valuePerMonth))} ${estimate.currency}`],
        [
          'over the baseline',
          estimate.gainOverBaseline === null ? '' : number(Math.round(estimate.gainOverBaseline)),
        ],
        ['caught', number(Math.round(estimate.caughtPerMonth))],
        ['missed', number(Math.round(estimate.missedPerMonth))],
        ['false alarms', number(Math.round(estimate.falseAlarmsPerMonth))],
        ['pays from precision', number(estimate.breakEvenPrecision)],
      ]);
      context.output().result(estimate, text);
    });
}

function describeProject(project: Project): string {
  return paragraphs(
    facts([
      ['project', project.name],
      ['title', project.title],
      ['problem', project.problem.trim()],
      ['success', describeMetric(project)],
      ['SLA', `p95 below ${project.sla.p95Ms} ms`],
      ['risk class', project.riskClass],
      ['sensitive', project.sensitiveAttributes.join(', ') || (project.sensitiveStatement ?? 'none named')],
      ['revision', `${project.revision}, ${time(project.updatedAt)}`],
    ]),
    table(project.lifecycle, {
      stage: (stage) => stage.stage,
      times: (stage) => String(stage.times),
      last: (stage) => time(stage.lastAt),
      by: (stage) => (stage.node === null ? '-' : `${stage.node.kind} ${stage.node.id}`),
    }),
  );
}

function describeMetric({ successMetric }: Pick<Project, 'successMetric'>): string {
  const { name, direction, margin, baseline } = successMetric;
  return `${direction} ${name}, beating ${baseline} by more than ${margin}`;
}
