import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';
import { facts } from '../../output.ts';

/** `esteira experiments`: named collections of runs. */
export function addExperimentsCommand(program: Command, context: CommandContext): void {
  const experiments = program.command('experiments').description('Named collections of runs');

  addPagedListing(experiments, context, {
    command: 'list',
    summary: api.tracking.listExperiments.summary,
    read: ({ deleted, ...flags }: PageFlags & { project?: string; name?: string; deleted?: true }) => {
      const query = deleted ? { ...flags, deleted: 'only' as const } : flags;
      return context.client().tracking.listExperiments({ query });
    },
    columns: {
      id: (experiment) => experiment.id,
      name: (experiment) => experiment.name,
      project: (experiment) => experiment.project ?? '-',
      updated: (experiment) => time(experiment.updatedAt),
    },
  })
    .option('--project <name>', 'of one project')
    .option('--name <name>', 'of one name')
    .option('--deleted', 'the deleted ones instead');

  experiments
    .command('create <name>')
    .description(api.tracking.createExperiment.summary)
    .option('--project <name>', 'the project it belongs to')
    .option('--note <text>', 'what it is about', '')
    .action(async (name: string, flags: { project?: string; note: string }) => {
      const experiment = await context.client().tracking.createExperiment({ body: { name, ...flags } });
      context.output().result(experiment, `created ${experiment.name} ${experiment.id}`);
    });

  experiments
    .command('show <id>')
    .description(api.tracking.getExperiment.summary)
    .action(async (id: string) => {
      const experiment = await context.client().tracking.getExperiment({ params: { id } });
      const text = facts([
        ['experiment', experiment.name],
        ['id', experiment.id],
        ['project', experiment.project ?? '-'],
        ['note', experiment.note],
        ['created', time(experiment.createdAt)],
        ['deleted', experiment.deletedAt === undefined ? '' : time(experiment.deletedAt)],
      ]);
      context.output().result(experiment, text);
    });

  experiments
    .command('update <id>')
    .description(api.tracking.updateExperiment.summary)
    .option('--name <name>', 'the new name')
    .option('--note <text>', 'the new note')
    .action(async (id: string, body: { name?: string; note?: string }) => {
      const experiment = await context.client().tracking.updateExperiment({ params: { id }, body });
      context.output().result(experiment, `updated ${experiment.name}`);
    });

  experiments
    .command('delete <id>')
    .description(api.tracking.deleteExperiment.summary)
    .action(async (id: string) => {
      const experiment = await context.client().tracking.deleteExperiment({ params: { id } });
      context
        .output()
        .result(experiment, `deleted ${experiment.name}; take it back: esteira experiments restore ${id}`);
    });

  experiments
    .command('restore <id>')
    .description(api.tracking.restoreExperiment.summary)
    .action(async (id: string) => {
      const experiment = await context.client().tracking.restoreExperiment({ params: { id } });
      context.output().result(experiment, `restored ${experiment.name}`);
    });

  experiments
    .command('purge <id>')
    .description(api.tracking.purgeExperiment.summary)
    .action(async (id: string) => {
      const gone = await context.client().tracking.purgeExperiment({ params: { id } });
      context.output().result(gone, `purged ${gone.name} with ${gone.runs} runs`);
    });
}
