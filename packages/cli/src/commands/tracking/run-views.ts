import { api, type RunListQuestion, type RunStatus, runStatuses } from '@esteira/contracts';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { time } from '../../number-text.ts';

interface SaveFlags {
  readonly project?: string;
  readonly shared?: true;
  readonly experiment?: string;
  readonly status?: RunStatus;
  readonly filter?: string;
  readonly order?: string;
  readonly group?: string;
  readonly columns?: string;
}

/** `esteira run-views`: lists of runs that are kept under a name. */
export function addRunViewsCommand(program: Command, context: CommandContext): void {
  const views = program.command('run-views').description('Lists of runs that are kept under a name');

  addPagedListing(views, context, {
    command: 'list',
    summary: api.tracking.listSavedViews.summary,
    read: (query: PageFlags & { project?: string }) => context.client().tracking.listSavedViews({ query }),
    columns: {
      id: (view) => view.id,
      name: (view) => view.name,
      project: (view) => view.project ?? '-',
      shared: (view) => (view.shared ? 'yes' : 'no'),
      shows: (view) => describeQuestion(view.question),
      updated: (view) => time(view.updatedAt),
    },
  }).option('--project <name>', 'of a project, and those of none');

  views
    .command('save <name>')
    .description(api.tracking.saveView.summary)
    .option('--project <name>', 'the project it belongs to')
    .option('--shared', 'everybody sees it')
    .option('--experiment <name>', 'runs of one experiment')
    .addOption(new Option('--status <status>', 'runs in one state').choices(runStatuses))
    .option('--filter <conditions>', 'such as "metrics.auc > 0.8"')
    .option('--order <field>', 'such as "metrics.auc desc"')
    .option('--group <field>', 'such as params.trainer')
    .option('--columns <fields>', 'from the left, separated by commas: name,metrics.auc,params.depth')
    .action(async (name: string, { project, shared, columns, ...words }: SaveFlags) => {
      const fields = columns?.split(',').map((field) => ({ field: field.trim() }));
      const view = await context.client().tracking.saveView({
        body: {
          name,
          ...(project === undefined ? {} : { project }),
          shared: shared ?? false,
          question: { ...words, ...(fields === undefined ? {} : { columns: fields }) },
        },
      });
      context.output().result(view, `saved ${view.name} ${view.id}`);
    });

  views
    .command('share <id>')
    .description('Lets everybody see a saved view of one’s own.')
    .action(async (id: string) => {
      const view = await context
        .client()
        .tracking.updateSavedView({ params: { id }, body: { shared: true } });
      context.output().result(view, `shared ${view.name}`);
    });

  views
    .command('delete <id>')
    .description(api.tracking.deleteSavedView.summary)
    .action(async (id: string) => {
      const answer = await context.client().tracking.deleteSavedView({ params: { id } });
      context.output().result(answer, `deleted ${id}`);
    });
}

function describeQuestion({ columns, ...words }: RunListQuestion): string {
  return Object.entries(words)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
