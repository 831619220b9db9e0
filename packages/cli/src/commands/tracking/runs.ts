import { api } from '@esteira/contracts';
import type { EsteiraClient } from '@esteira/sdk';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addPagedListing, type PageFlags } from '../../listing.ts';
import { duration, number, shortDigest, time } from '../../number-text.ts';
import { parseInteger, parseTime } from '../../option-values.ts';
import { type Columns, facts, paragraphs, table } from '../../output.ts';
import { addSearchOptions, type SearchOptions } from './search-options.ts';

type Run = Awaited<ReturnType<EsteiraClient['tracking']['getRun']>>;

interface SearchFlags extends PageFlags, SearchOptions {
  readonly orderBy?: string;
  readonly columns?: string;
}

type FoundRun = Awaited<ReturnType<EsteiraClient['tracking']['searchRuns']>>['items'][number];

/** `esteira runs`: searching, comparing and reading runs. */
export function addRunsCommand(program: Command, context: CommandContext): Command {
  const runs = program.command('runs').description('Executions with their parameters, metrics and artifacts');

  const list = addPagedListing(runs, context, {
    command: 'list',
    summary: api.tracking.searchRuns.summary,
    read: async ({ deleted, ...flags }: SearchFlags) => {
      const query = deleted ? { ...flags, deleted: 'only' as const } : flags;
      return await context.client().tracking.searchRuns({ query });
    },
    columns: ({ columns }: SearchFlags) => ({
      id: (run) => run.id,
      name: (run) => run.name,
      experiment: (run) => run.experiment,
      status: (run) => run.status,
      started: (run) => time(run.startedAt),
      ...(columns === undefined ? { metrics: firstMetrics } : askedColumns(columns)),
    }),
  });
  addSearchOptions(list)
    .option('--order-by <field>', 'such as "metrics.auc desc"')
    .option(
      '--columns <names>',
      'read these alone, such as "metrics.auc,params.lr,tags.team"; "" reads none',
    );

  addSearchOptions(runs.command('count').description(api.tracking.countRuns.summary)).action(
    async ({ deleted, ...flags }: SearchFlags) => {
      const query = deleted ? { ...flags, deleted: 'only' as const } : flags;
      const answer = await context.client().tracking.countRuns({ query });
      context.output().result(answer, String(answer.runs));
    },
  );

  runs
    .command('show <id>')
    .description(api.tracking.getRun.summary)
    .action(async (id: string) => {
      const run = await context.client().tracking.getRun({ params: { id } });
      context.output().result(run, describeRun(run, context.now()));
    });

  runs
    .command('compare <id...>')
    .description(api.tracking.compareRuns.summary)
    .option('--differing', 'only what differs')
    .action(async (ids: string[], { differing }: { differing?: true }) => {
      const comparison = await context.client().tracking.compareRuns({ body: { runs: ids } });
      const files = comparison.artifacts.map(({ values, ...entry }) => ({
        ...entry,
        values: values.map((digest) => (digest === null ? null : shortDigest(digest))),
      }));
      const entries = [...comparison.params, ...comparison.metrics, ...files].filter(
        ({ differs }) => differs || !differing,
      );
      const columns = comparison.runs.map(
        (run, index) => [run.id, (entry: (typeof entries)[number]) => number(entry.values[index])] as const,
      );
      const text = table(entries, { name: (entry) => entry.name, ...Object.fromEntries(columns) });
      context.output().result(comparison, text);
    });

  runs
    .command('metric <id> <name>')
    .description(api.tracking.metricHistory.summary)
    .option('--limit <n>', 'at most this many points', parseInteger, 100)
    .option('--from-step <n>', 'from this step on', parseInteger)
    .option('--to-step <n>', 'up to this step', parseInteger)
    .action(
      async (id: string, name: string, range: { limit: number; fromStep?: number; toStep?: number }) => {
        const history = await context
          .client()
          .tracking.metricHistory({ params: { id }, query: { name, ...range } });
        const text = table(history.points, {
          step: (point) => String(point.step),
          value: (point) => number(point.value),
          at: (point) => time(point.at),
        });
        context
          .output()
          .result(
            history,
            history.thinned ? `${text}\n${history.points.length} of ${number(history.total)} points` : text,
          );
      },
    );

  runs
    .command('fork <id>')
    .description(api.tracking.forkRun.summary)
    .option('--step <n>', 'the last step whose points are copied; all unless given', parseInteger)
    .option('--name <name>', 'of the new run')
    .action(async (id: string, body: { step?: number; name?: string }) => {
      const run = await context.client().tracking.forkRun({ params: { id }, body });
      context.output().result(run, run.id);
    });

  runs
    .command('rewind <id>')
    .description(api.tracking.rewindRun.summary)
    .option('--step <n>', 'the last step whose points stay', parseInteger)
    .option('--at <time>', 'the last time whose points stay, in place of a step', parseTime)
    .action(async (id: string, body: { step?: number; at?: number }) => {
      const answer = await context.client().tracking.rewindRun({ params: { id }, body });
      const { points, kept } = answer;
      const text =
        kept === null
          ? 'nothing lies behind'
          : `took out ${number(points)} points; the run as it was: esteira runs restore ${kept.id}`;
      context.output().result(answer, text);
    });

  runs
    .command('delete <id>')
    .description(api.tracking.deleteRun.summary)
    .action(async (id: string) => {
      const run = await context.client().tracking.deleteRun({ params: { id } });
      context.output().result(run, `deleted ${run.name}; take it back: esteira runs restore ${id}`);
    });

  runs
    .command('restore <id>')
    .description(api.tracking.restoreRun.summary)
    .action(async (id: string) => {
      const run = await context.client().tracking.restoreRun({ params: { id } });
      context.output().result(run, `restored ${run.name}`);
    });

  runs
    .command('purge <id>')
    .description(api.tracking.purgeRun.summary)
    .action(async (id: string) => {
      const run = await context.client().tracking.purgeRun({ params: { id } });
      context.output().result(run, `purged ${run.name}`);
    });

  return runs;
}

function firstMetrics({ metrics }: FoundRun): string {
  return Object.entries(metrics)
    .slice(0, 4)
    .map(([name, { value }]) => `${name}=${number(value)}`)
    .join(' ');
}

/** One for each that is asked, in the order of the words. Names with a comma are not asked for this way. */
function askedColumns(words: string): Columns<FoundRun> {
  const names = words
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return Object.fromEntries(names.map((name) => [name, (run: FoundRun) => entryOf(run, name)]));
}

function entryOf({ metrics, params, tags }: FoundRun, column: string): string {
  const [, kind, name = ''] = /^(metrics|params|tags)\.(.*)$/.exec(column) ?? [];
  if (kind === 'metrics') return metrics[name] === undefined ? '' : number(metrics[name].value);
  return (kind === 'params' ? params[name] : tags[name]) ?? '';
}

function describeRun(run: Run, now: number): string {
  const references = [
    ...run.inputs.map((item) => ({ way: 'read', ...item })),
    ...run.outputs.map((item) => ({ way: 'made', ...item })),
  ];
  return paragraphs(
    facts([
      ['run', `${run.name} ${run.id}`],
      ['experiment', run.experiment],
      ['project', run.project ?? '-'],
      ['status', run.status],
      ['time', `${time(run.startedAt)}, ${duration((run.finishedAt ?? now) - run.startedAt)}`],
      ['code', `${run.source.codeCommit ?? '-'}${run.source.dirty ? ' with changes' : ''}`],
      ['environment', run.source.environmentDigest ?? '-'],
      [
        'seeds',
        Object.entries(run.source.seeds ?? {})
          .map(([name, seed]) => `${name} ${seed}`)
          .join(', '),
      ],
      ['note', run.note],
      [
        'tags',
        Object.entries(run.tags)
          .map(([name, value]) => `${name} ${value}`)
          .join('\n'),
      ],
    ]),
    Object.keys(run.params).length === 0
      ? ''
      : table(Object.entries(run.params), { parameter: ([name]) => name, value: ([, value]) => value }),
    Object.keys(run.metrics).length === 0
      ? ''
      : table(Object.entries(run.metrics), {
          metric: ([name]) => name,
          value: ([, { value }]) => number(value),
          step: ([, { step }]) => String(step),
        }),
    references.length === 0
      ? ''
      : table(references, {
          '': (item) => item.way,
          type: (item) => item.reference.type,
          id: (item) => item.reference.id,
          role: (item) => item.role,
        }),
    run.children.length === 0
      ? ''
      : table(run.children, {
          child: (child) => child.name,
          id: (child) => child.id,
          status: (child) => child.status,
        }),
  );
}
