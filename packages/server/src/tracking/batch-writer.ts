import { sql } from 'kysely';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { createGroupedWrites, type WriteOutcome } from '../storage/sql/grouped-writes.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { areWritable } from './are-writable.ts';
import { journalPoints, journalPointsWhere } from './metric-journal.ts';
import type { MetricSeries } from './metric-series.ts';
import type { MetricSorter } from './metric-sorter.ts';
import { journalRows } from './metric-store.ts';
import type { MetricPoint } from './metric-value.ts';
import { insertModelMetrics, type ModelMetric } from './model-metric-store.ts';
import type { EntryTables } from './run-entry-store.ts';
import { type RunTables, updateRun } from './run-store.ts';
import type { RunTexts } from './text-search/run-texts.ts';

/** Entries, points and words of one run. */
export interface EntryBatch {
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly points: readonly MetricPoint[];
  readonly modelMetrics: readonly ModelMetric[];
  readonly name?: string;
  readonly note?: string;
  readonly parentRunId?: string;
}

interface Item {
  readonly context: RequestContext;
  readonly runId: string;
  readonly batch: EntryBatch;
}

type BatchWriter = (context: RequestContext, runId: string, batch: EntryBatch) => Promise<void>;

// Bounds the time that one transaction takes: some 20 ms.
const mostWeight = 8_000;
// An entry costs a row of its own, a point a part of one.
const weightOfEntry = 20;

/**
 * Writes the batches of many callers at once, in some eight statements; in one, sent with its commit, where they hold nothing
 * but points of known metrics and no run is missing or deleted. Throws RUN_NOT_FOUND, RUN_DELETED, PARAM_CHANGED: a batch that is
 * refused leaves nothing behind.
 */
export function createBatchWriter(deps: {
  sql: SqlDatabase;
  series: MetricSeries;
  sorter: MetricSorter;
  texts: RunTexts;
  /** Writes one batch in a serializable transaction of its own. */
  writeAlone: BatchWriter;
}): BatchWriter {
  const weigh = ({ batch }: Item) =>
    batch.points.length +
    weightOfEntry * (1 + batch.params.size + batch.tags.size + batch.modelMetrics.length);
  const write = createGroupedWrites<Item, void>({
    sql: deps.sql,
    most: mostWeight,
    weigh,
    write: (tx, items) => writeAll(tx, items, deps),
    writeAlone: ({ context, runId, batch }) => deps.writeAlone(context, runId, batch),
  });
  const writePoints = createGroupedWrites<Item, boolean>({
    sql: deps.sql,
    most: mostWeight,
    weigh,
    async write(tx, items) {
      const value = await writeKnownPoints(tx, items, deps);
      return items.map(() => ({ value }));
    },
    writeAlone: async () => false,
  });
  return async (context, runId, batch) => {
    const item = { context, runId, batch };
    const isWritten = holdsKnownPoints(deps.series, item) && (await writePoints(item));
    if (!isWritten) await write(item);
  };
}

/** False, and nothing is written, where something else than the points has to be told or looked up. */
async function writeKnownPoints(
  tx: SqlTransaction,
  items: readonly Item[],
  { series, sorter }: { readonly series: MetricSeries; readonly sorter: MetricSorter },
): Promise<boolean> {
  // What was known may be forgotten by now.
  if (!items.every((item) => holdsKnownPoints(series, item))) return false;
  const batches = items.map(({ runId, batch }) => ({ runId, points: batch.points }));
  const rows = await journalRows(tx, batches, series);
  // A point that is written twice is kept once.
  tx.ends();
  const isWritten = await journalPointsWhere(
    tx,
    rows,
    series,
    areWritable(
      tx,
      items.map(({ context, runId }) => ({ workspace: context.workspace, runId })),
    ),
  );
  if (isWritten) tx.afterCommit(() => sorter.wrote(rows.length));
  return isWritten;
}

function holdsKnownPoints(series: MetricSeries, { runId, batch }: Item): boolean {
  return batch.points.length > 0 && holdsPointsAlone(batch) && !hasUnknownMetric(series, runId, batch);
}

async function writeAll(
  tx: SqlTransaction,
  items: readonly Item[],
  {
    series,
    sorter,
    texts,
  }: { readonly series: MetricSeries; readonly sorter: MetricSorter; readonly texts: RunTexts },
): Promise<readonly WriteOutcome<void>[]> {
  const problems = await problemsOf(tx, items);
  const writable = items.filter((item) => !problems.has(item));
  const fresh = await freshParams(tx, writable, problems);
  const accepted = writable.filter((item) => !problems.has(item));
  await insertFreshParams(tx, fresh);
  await setAllTags(tx, accepted);
  for (const { context, runId, batch } of accepted) {
    const { name, note, parentRunId } = batch;
    await updateRun(tx, context.workspace, runId, { name, note, parentRunId });
  }
  await texts.changed(
    tx,
    accepted.flatMap(({ runId, batch }) =>
      hasWords(batch) || batch.parentRunId !== undefined || hasUnknownMetric(series, runId, batch)
        ? [runId]
        : [],
    ),
  );
  const batches = accepted.map(({ runId, batch }) => ({ runId, points: batch.points }));
  await insertModelMetrics(
    tx,
    accepted.flatMap(({ batch }) => batch.modelMetrics),
  );
  const rows = await journalRows(tx, batches, series);
  // A point that is written twice is kept once; of the rest, somebody else's later word might be taken back.
  if (accepted.every(({ batch }) => holdsPointsAlone(batch))) tx.ends();
  await journalPoints(tx, rows, series);
  const points = batches.reduce((sum, batch) => sum + batch.points.length, 0);
  if (points > 0) tx.afterCommit(() => sorter.wrote(points));
  return items.map((item) => {
    const problem = problems.get(item);
    return problem === undefined ? done : { problem };
  });
}

const done = { value: undefined };

/** Whether a batch says anything that runs are searched by. */
function hasWords({ params, tags, name, note }: EntryBatch): boolean {
  return params.size > 0 || tags.size > 0 || name !== undefined || note !== undefined;
}

/** Points of a metric that is known are told by who moves its latest value. */
function hasUnknownMetric(series: MetricSeries, runId: string, { points }: EntryBatch): boolean {
  return points.some(({ name }) => series.known(runId, name) === undefined);
}

function holdsPointsAlone(batch: EntryBatch): boolean {
  return !hasWords(batch) && batch.parentRunId === undefined && batch.modelMetrics.length === 0;
}

async function problemsOf(tx: SqlTransaction, items: readonly Item[]): Promise<Map<Item, Error>> {
  const rows = await tx
    .query<RunTables>()
    .selectFrom('runs')
    .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
    .select([
      'runs.id',
      'runs.workspace',
      'runs.deleted_at',
      'experiments.deleted_at as experiment_deleted_at',
    ])
    .where(tx.isOneOf('runs.id', [...new Set(items.map(({ runId }) => runId))]))
    .execute();
  const runs = new Map(rows.map((row) => [row.id, row]));
  const problems = new Map<Item, Error>();
  for (const item of items) {
    const { runId: id, context } = item;
    const run = runs.get(id);
    if (run === undefined || run.workspace !== context.workspace)
      problems.set(item, esteiraError('RUN_NOT_FOUND', { id }));
    else if (run.deleted_at !== null || run.experiment_deleted_at !== null)
      problems.set(item, esteiraError('RUN_DELETED', { id }));
  }
  return problems;
}

type ParamRow = readonly [runId: string, name: string, value: string];

/** The parameters that are not there yet, sorted; items that would change one are added to the problems. */
async function freshParams(
  tx: SqlTransaction,
  items: readonly Item[],
  problems: Map<Item, Error>,
): Promise<readonly ParamRow[]> {
  const names = [...new Set(items.flatMap(({ batch }) => [...batch.params.keys()]))];
  if (names.length === 0) return [];
  const rows = await tx
    .query<EntryTables>()
    .selectFrom('run_params')
    .selectAll()
    .where(tx.isOneOf('run_id', [...new Set(items.map(({ runId }) => runId))]))
    .where(tx.isOneOf('name', names))
    .execute();
  const stored = new Map(rows.map(({ run_id, name, value }) => [keyOf(run_id, name), value]));
  const fresh: ParamRow[] = [];
  for (const item of items) {
    const { runId, batch } = item;
    const changed = [...batch.params].find(([name, sent]) => {
      const there = stored.get(keyOf(runId, name));
      return there !== undefined && there !== sent;
    });
    if (changed !== undefined) {
      const [name, sent] = changed;
      const details = { id: runId, name, sent, stored: stored.get(keyOf(runId, name)) ?? '' };
      problems.set(item, esteiraError('PARAM_CHANGED', details));
      continue;
    }
    for (const [name, value] of batch.params) {
      if (stored.has(keyOf(runId, name))) continue;
      stored.set(keyOf(runId, name), value);
      fresh.push([runId, name, value]);
    }
  }
  return fresh.sort(compareRows);
}

async function insertFreshParams(tx: SqlTransaction, fresh: readonly ParamRow[]): Promise<void> {
  const inserted = await tx.forEachRow(
    { run_id: 'text', name: 'text', value: 'text' },
    fresh,
    ({ value, from }) => sql`
      insert into run_params (run_id, name, value)
      select ${value('run_id')}, ${value('name')}, ${value('value')} ${from}
      where true
      on conflict (run_id, name) do nothing
      returning name`,
  );
  // Another process was faster; whether with the same value, each batch finds out by itself.
  if (inserted.length < fresh.length) throw new Error('A parameter was stored by another process meanwhile.');
}

async function setAllTags(tx: SqlTransaction, items: readonly Item[]): Promise<void> {
  // One statement sets a tag once: the last value wins.
  const tags = new Map<string, ParamRow>();
  for (const { runId, batch } of items)
    for (const [name, value] of batch.tags) tags.set(keyOf(runId, name), [runId, name, value]);
  await tx.forEachRow(
    { run_id: 'text', name: 'text', value: 'text' },
    [...tags.values()].sort(compareRows),
    ({ value, from }) => sql`
      insert into run_tags (run_id, name, value)
      select ${value('run_id')}, ${value('name')}, ${value('value')} ${from}
      where true
      on conflict (run_id, name) do update set value = excluded.value`,
  );
}

// Always in one order: transactions of two processes wait for each other instead of in a circle.
function compareRows(a: ParamRow, b: ParamRow): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  return a[1] < b[1] ? -1 : 1;
}

// Ids hold no line feed.
function keyOf(runId: string, name: string): string {
  return `${runId}\n${name}`;
}
