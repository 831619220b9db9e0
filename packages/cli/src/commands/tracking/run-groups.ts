import { api } from '@esteira/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addListing } from '../../listing.ts';
import { number } from '../../number-text.ts';
import { parseInteger } from '../../option-values.ts';
import { facts, table } from '../../output.ts';
import { addSearchOptions, type SearchOptions } from './search-options.ts';

function collectText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

interface GroupFlags extends SearchOptions {
  readonly metric?: readonly string[];
  readonly limit?: number;
}

/** The verbs of `esteira runs` about many runs at once. */
export function addRunGroupCommands(runs: Command, context: CommandContext): void {
  addSearchOptions(runs.command('groups <field>').description(api.tracking.groupRuns.summary))
    .option('--metric <name>', 'a metric to measure, such as metrics.auc; once for each', collectText)
    .option('--limit <n>', 'at most this many groups, 1 to 1000', parseInteger)
    .action(async (by: string, { metric = [], deleted, ...search }: GroupFlags) => {
      const query = {
        by,
        ...search,
        ...(deleted ? { deleted: 'only' as const } : {}),
        ...(metric.length === 0 ? {} : { metrics: metric.join(',') }),
      };
      const answer = await context.client().tracking.groupRuns({ query });
      const names = [...new Set(answer.groups.flatMap(({ metrics }) => Object.keys(metrics)))];
      const measures = names.map(
        (name) =>
          [
            `${name} (mean, min, max)`,
            ({ metrics }: (typeof answer.groups)[number]) => {
              const measure = metrics[name];
              if (measure === undefined) return '-';
              return [measure.mean, measure.min, measure.max].map((value) => number(value)).join('  ');
            },
          ] as const,
      );
      const text = table(answer.groups, {
        [by]: ({ value }) => value ?? '-',
        runs: (group) => number(group.runs),
        ...Object.fromEntries(measures),
      });
      context.output().result(answer, text);
    });

  runs
    .command('names')
    .description(api.tracking.runNames.summary)
    .option('--experiment <name>', 'of one experiment')
    .option('--project <name>', 'of one project')
    .action(async (query: { experiment?: string; project?: string }) => {
      const names = await context.client().tracking.runNames({ query });
      const text = facts([
        ['metrics', names.metrics.join('\n')],
        ['params', names.params.join('\n')],
        ['tags', names.tags.join('\n')],
      ]);
      context.output().result(names, names.complete ? text : `${text}\nthere are more`);
    });

  addListing(runs, context, {
    command: 'values <field>',
    summary: api.tracking.runValues.summary,
    read: async (field: string, query: { experiment?: string; project?: string; prefix?: string }) => {
      const { values } = await context.client().tracking.runValues({ query: { field, ...query } });
      return { items: values };
    },
    columns: { value: ({ value }) => value, runs: ({ runs: count }) => number(count) },
  })
    .option('--experiment <name>', 'of one experiment')
    .option('--project <name>', 'of one project')
    .option('--prefix <text>', 'what the values begin with');

  runs
    .command('wait <id>')
    .description('Waits until a run has ended, and says how.')
    .action(async (id: string) => {
      const { tracking } = context.client();
      let mark: string | undefined;
      for (;;) {
        const seen = { id, ...(mark === undefined ? {} : { mark }) };
        const { changed } = await tracking.watchRuns({ body: { runs: [seen] } });
        mark = changed[0]?.mark ?? mark;
        const run = await tracking.getRun({ params: { id } });
        if (run.status === 'running' || run.status === 'scheduled') continue;
        context.output().result(run, `${run.name}: ${run.status}`);
        return;
      }
    });
}
