import { api, type Trial } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { usageError } from '../../command-error.ts';
import { readDocument } from '../../files.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { number, plain, time } from '../../number-text.ts';
import { parseInteger, parseNumber } from '../../option-values.ts';
import { facts, paragraphs, table } from '../../output.ts';
import type { RequestBody } from '../../request-body.ts';

type NewStudy = RequestBody<EsteiraClient['tuning']['createStudy']>;

/** `esteira studies`: searches for parameters, by pipelines or by anybody's workers. */
export function addStudiesCommand(program: Command, context: CommandContext): void {
  const studies = program.command('studies').description('Searches for parameters and their trials');

  addPagedListing(studies, context, {
    command: 'list',
    summary: api.tuning.studies.summary,
    read: (query: PageFlags & { project?: string }) => context.client().tuning.studies({ query }),
    columns: {
      id: (study) => study.id,
      name: (study) => study.name,
      project: (study) => study.project,
      objective: (study) => `${study.direction} ${study.objective}`,
      sampler: (study) => study.sampler,
      'at most': (study) => number(study.maxTrials),
      created: (study) => time(study.createdAt),
    },
  }).option('--project <name>', 'of one project');

  studies
    .command('show <id>')
    .description(api.tuning.study.summary)
    .action(async (id: string) => {
      const study = await context.client().tuning.study({ params: { id } });
      const text = paragraphs(
        facts([
          ['study', `${study.name} ${study.id}`],
          ['objective', `${study.direction} ${study.objective}`],
          ['sampler', `${study.sampler}, seed ${study.seed}`],
          [
            'best',
            study.best
              ? `trial ${study.best.number}: ${number(study.best.value)}\n${describeParams(study.best)}`
              : 'none yet',
          ],
        ]),
        table(study.trials, {
          trial: (trial) => String(trial.number),
          state: (trial) => trial.state,
          value: (trial) => number(trial.value),
          parameters: (trial) => trial.error ?? describeParams(trial),
        }),
      );
      context.output().result(study, text);
    });

  studies
    .command('create <file>')
    .description(`${api.tuning.createStudy.summary} From a YAML file.`)
    .action(async (file: string) => {
      const study = await context
        .client()
        .tuning.createStudy({ body: await readDocument<NewStudy>(context, file) });
      context.output().result(study, `opened the study ${study.id}`);
    });

  studies
    .command('ask <id>')
    .description(api.tuning.askTrial.summary)
    .action(async (id: string) => {
      const trial = await context.client().tuning.askTrial({ params: { id } });
      context.output().result(trial, `trial ${trial.number}: ${describeParams(trial)}`);
    });

  studies
    .command('tell')
    .argument('<id>')
    .argument('<trial>', 'number of the trial', parseInteger)
    .description(api.tuning.tellTrial.summary)
    .option('--value <number>', 'the value of the objective', parseNumber)
    .option('--error <text>', 'why the trial failed')
    .action(async (id: string, trial: number, { value, error }: { value?: number; error?: string }) => {
      const params = { id, number: trial };
      const told = await context.client().tuning.tellTrial({ params, body: endOf(value, error) });
      context.output().result(told, `trial ${told.number}: ${told.state} ${number(told.value)}`);
    });
}

function endOf(value: number | undefined, error: string | undefined) {
  if (value !== undefined) return { value };
  if (error !== undefined) return { error };
  throw usageError('Either --value or --error is needed.');
}

function describeParams({ params }: Trial): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? number(value) : plain(value)}`)
    .join(' ');
}
