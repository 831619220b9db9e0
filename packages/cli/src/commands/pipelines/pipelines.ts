import { api, type JsonValue, type PipelineRunStatus, pipelineRunStatuses } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { readText } from '../../files.ts';
import { describePipelineRun, exitCodeOfRun, followPipelineRun } from '../../follow/follow-pipeline-run.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { plain, shortDigest, time } from '../../number-text.ts';
import { collectAssignment } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';
import { describePlan, pipelineName } from './run.ts';

interface StartFlags {
  readonly param?: Record<string, JsonValue>;
  readonly refresh?: true;
  readonly wait: boolean;
}

interface RunListFlags extends PageFlags {
  readonly pipeline?: string;
  readonly project?: string;
  readonly status?: PipelineRunStatus;
  readonly trigger?: string;
}

/** `esteira pipelines`: stored pipelines and their runs. */
export function addPipelinesCommand(program: Command, context: CommandContext): void {
  const pipelines = program.command('pipelines').description('Pipelines and their runs');

  addPagedListing(pipelines, context, {
    command: 'list',
    summary: api.pipelines.list.summary,
    read: (query: PageFlags & { project?: string }) => context.client().pipelines.list({ query }),
    columns: {
      name: (pipeline) => pipeline.name,
      project: (pipeline) => pipeline.project,
      version: (pipeline) => String(pipeline.version),
      'last run': (pipeline) =>
        pipeline.lastRun ? `${pipeline.lastRun.id} ${pipeline.lastRun.status}` : '-',
      updated: (pipeline) => time(pipeline.updatedAt),
    },
  }).option('--project <name>', 'of one project');

  pipelines
    .command('put <file>')
    .description(api.pipelines.put.summary)
    .action(async (file: string) => {
      const spec = await readText(context, file);
      const name = pipelineName(file, spec);
      const pipeline = await context.client().pipelines.put({ params: { name }, body: { spec } });
      context
        .output()
        .result(pipeline, `${pipeline.name} version ${pipeline.version}, ${pipeline.steps.length} steps`);
    });

  pipelines
    .command('show <name>')
    .description(api.pipelines.get.summary)
    .option('--spec', 'print only the file')
    .action(async (name: string, { spec }: { spec?: true }) => {
      const pipeline = await context.client().pipelines.get({ params: { name } });
      const text = paragraphs(
        facts([
          ['pipeline', pipeline.name],
          ['project', pipeline.project],
          ['description', pipeline.description],
          ['version', `${pipeline.version}, ${shortDigest(pipeline.digest)}, ${time(pipeline.updatedAt)}`],
        ]),
        table(pipeline.steps, {
          step: (step) => step.name,
          uses: (step) => step.uses,
          needs: (step) => step.needs.join(', '),
          cached: (step) => (step.cacheable ? 'yes' : 'no'),
        }),
        table(pipeline.parameters, {
          parameter: (parameter) => parameter.name,
          default: (parameter) => (parameter.required ? '(must be given)' : plain(parameter.default)),
          description: (parameter) => parameter.description,
        }),
      );
      context.output().result(pipeline, spec ? pipeline.spec.trimEnd() : text);
    });

  pipelines
    .command('plan <name>')
    .description(api.pipelines.plan.summary)
    .option('-p, --param <name=value>', 'a parameter; once for each', collectAssignment)
    .option('--refresh', 'as if every step ran anew')
    .action(
      async (name: string, { param, refresh }: { param?: Record<string, JsonValue>; refresh?: true }) => {
        const body = { parameters: param ?? {}, refresh: refresh ?? false };
        const plan = await context.client().pipelines.plan({ params: { name }, body });
        context.output().result(plan, describePlan(plan));
      },
    );

  pipelines
    .command('start <name>')
    .description(`${api.pipelines.start.summary} Follows it to its end.`)
    .option('-p, --param <name=value>', 'a parameter; once for each', collectAssignment)
    .option('--refresh', 'run every step anew')
    .option('--no-wait', 'return as soon as it has started')
    .action(async (name: string, { param, refresh, wait }: StartFlags) => {
      const body = { parameters: param ?? {}, refresh: refresh ?? false };
      const { id } = await context.client().pipelines.start({ params: { name }, body });
      await reportRun(id, wait);
    });

  addPagedListing(pipelines, context, {
    command: 'runs',
    summary: api.pipelines.listRuns.summary,
    read: (query: RunListFlags) => context.client().pipelines.listRuns({ query }),
    columns: {
      id: (run) => run.id,
      pipeline: (run) => run.pipeline,
      status: (run) => run.status,
      steps: (run) => `${run.steps.finished}/${run.steps.total}`,
      trigger: (run) => run.trigger,
      created: (run) => time(run.createdAt),
      by: (run) => run.createdBy,
    },
  })
    .option('--pipeline <name>', 'of one pipeline')
    .option('--project <name>', 'of one project')
    .addOption(new Option('--status <status>', 'in one state').choices(pipelineRunStatuses))
    .option('--trigger <text>', 'started by this: manual, retraining:<id>');

  pipelines
    .command('status <run>')
    .description(api.pipelines.getRun.summary)
    .option('--wait', 'until it has ended; exit code as with esteira run')
    .action(async (id: string, { wait }: { wait?: true }) => {
      await reportRun(id, wait ?? false);
    });

  pipelines
    .command('cancel <run>')
    .description(api.pipelines.cancel.summary)
    .action(async (id: string) => {
      const run = await context.client().pipelines.cancel({ params: { id } });
      context.output().result(run, describePipelineRun(run, context.now()));
    });

  pipelines
    .command('resume <run>')
    .description(api.pipelines.resume.summary)
    .option('--no-wait', 'return as soon as it goes on')
    .action(async (id: string, { wait }: { wait: boolean }) => {
      await context.client().pipelines.resume({ params: { id } });
      await reportRun(id, wait);
    });

  pipelines
    .command('step-kinds')
    .description(api.pipelines.stepKinds.summary)
    .action(async () => {
      const kinds = await context.client().pipelines.stepKinds();
      const text = table(kinds.items, {
        uses: (kind) => kind.kind,
        version: (kind) => kind.version,
        cached: (kind) => (kind.cacheable ? 'yes' : 'no'),
        summary: (kind) => kind.summary,
      });
      context.output().result(kinds, text);
    });

  async function reportRun(id: string, wait: boolean): Promise<void> {
    const run = wait
      ? await followPipelineRun(context, id)
      : await context.client().pipelines.getRun({ params: { id } });
    context.output().result(run, describePipelineRun(run, context.now()));
    if (wait) context.exitWith(exitCodeOfRun(run));
  }
}
