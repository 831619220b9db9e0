import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SqlDatabase, SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import { comparePoints, insertPointsOfSeries, type PointRow } from './metric-points.ts';
import type { MetricSeries } from './metric-series.ts';

export interface JournalTables {
  metric_batches: {
    id: string;
    writer: string;
    written_at: number;
    size: number;
    points: string;
    first_series: number;
    last_series: number;
  };
}

/**
 * Points are stored as they come, some hundred of many series in one row, and sorted into their series later, some ten
 * thousand at once: at once they would cost a page of the disk for each series, which is most of the price of a small write.
 */
export async function journalPoints(
  tx: SqlTransaction,
  points: readonly PointRow[],
  series: MetricSeries,
): Promise<void> {
  if (points.length === 0) return;
  await tx.query<JournalTables>().insertInto('metric_batches').values(batchOf(points, series)).execute();
}

/** As `journalPoints`, of at least one point, in a statement that stores all of them where the condition holds; else none. */
export async function journalPointsWhere(
  tx: SqlTransaction,
  points: readonly PointRow[],
  series: MetricSeries,
  condition: RawBuilder<SqlBool>,
): Promise<boolean> {
  const batch = batchOf(points, series);
  const columns = sql.join(Object.keys(batch).map((column) => sql.ref(column)));
  const { rows } = await sql`
    insert into metric_batches (${columns}) select ${sql.join(Object.values(batch))} where ${condition} returning id`.execute(
    tx.query(),
  );
  return rows.length > 0;
}

function batchOf(points: readonly PointRow[], series: MetricSeries): JournalTables['metric_batches'] {
  const { id, writer, at } = series.nextBatch();
  const [first_series, last_series] = rangeOf(points.map(([number]) => number));
  return {
    id,
    writer,
    written_at: at,
    size: points.length,
    points: encodePoints(points),
    first_series,
    last_series,
  };
}

function rangeOf(numbers: Iterable<number>): readonly [first: number, last: number] {
  let first = Number.MAX_SAFE_INTEGER;
  let last = 0;
  for (const number of numbers) {
    first = Math.min(first, number);
    last = Math.max(last, number);
  }
  return [first, last];
}

/** Rows of the journal that are read at once: some megabytes. */
export const batchesPerRead = 50;

/** The points of a series that are not sorted in yet, or just now, in no order. */
export async function waitingPoints(reader: SqlReader, seriesId: number): Promise<readonly PointRow[]> {
  const found: PointRow[] = [];
  for await (const rows of journalPages(reader, [seriesId, seriesId]))
    for (const { points } of rows) found.push(...decodePoints(points, seriesId));
  return found;
}

/**
 * The rows of the journal that may hold points of the series, in the order of their ids, some at a time; those read may be
 * deleted meanwhile.
 */
async function* journalPages(
  reader: SqlReader,
  [first, last]: readonly [first: number, last: number],
): AsyncGenerator<readonly { readonly id: string; readonly points: string }[]> {
  for (let read = ''; ; ) {
    const rows = await reader
      .query<JournalTables>()
      .selectFrom('metric_batches')
      .select(['id', 'points'])
      .where('id', '>', read)
      .where('first_series', '<=', last)
      .where('last_series', '>=', first)
      .orderBy('id')
      .limit(batchesPerRead)
      .execute();
    yield rows;
    if (rows.length < batchesPerRead) return;
    read = rows.at(-1)?.id ?? read;
  }
}

const pointsAtOnce = 20_000;
/** About as many as a log call has. */
const pointsPerBatch = 1_000;
// A transaction holds up the others for some five milliseconds.
const pointsPerTransaction = 1_000;
/** Of other processes only what they seem to have left behind. */
const abandonedAfterMs = 60_000;

/**
 * Sorts what this process has written into the series, and what dead ones left. May be cut short anywhere: a point is
 * there once, and a batch goes when all its points are, their latest values, which `settle` moves, before them. So nothing of
 * it has to wait for the disk either. `giveWay` is awaited between transactions, with the time that the last one took.
 */
export async function sortJournal(
  deps: { readonly sql: SqlDatabase; readonly series: MetricSeries; readonly settle: () => Promise<void> },
  giveWay: (tookMs: number) => Promise<void>,
): Promise<void> {
  const { sql, series } = deps;
  const { writer, at } = series.nextBatch();
  for (;;) {
    const rows = await sql
      .query<JournalTables>()
      .selectFrom('metric_batches')
      .select(['id', 'size'])
      // What comes meanwhile waits until there is much of it again.
      .where('written_at', '<=', at)
      .where((row) => row.or([row('writer', '=', writer), row('written_at', '<', at - abandonedAfterMs)]))
      .orderBy('id')
      .limit(batchesPerRead)
      .execute();
    if (rows.length === 0) return;
    await deps.settle();
    await sortBatches(sql, firstOf(rows), giveWay);
  }
}

/**
 * Whether the batches still are as they were read; in a transaction with `lock`, they stay so until it ends. What was read of
 * others may not be stored any more: a run that was put back has left it behind.
 */
export async function stillWaiting(
  reader: SqlReader,
  ids: readonly string[],
  lock: boolean,
): Promise<boolean> {
  const rows = reader
    .query<JournalTables>()
    .selectFrom('metric_batches')
    .select('id')
    .where(reader.isOneOf('id', ids));
  return (await (lock ? rows.forKeyShare() : rows).execute()).length === ids.length;
}

/** Points of a run are taken out of the journal, wherever they wait there; what other runs have in the same batches stays. */
export async function takeFromJournal(
  tx: SqlTransaction,
  ofRun: ReadonlySet<number>,
  { series, sorter }: { readonly series: MetricSeries; readonly sorter: { wrote(points: number): void } },
): Promise<readonly PointRow[]> {
  const taken: PointRow[] = [];
  const others: PointRow[] = [];
  for await (const rows of journalPages(tx, rangeOf(ofRun))) {
    for (const { id, points: text } of rows) {
      const points = decodePoints(text);
      if (!points.some(([seriesId]) => ofRun.has(seriesId))) continue;
      const { numDeletedRows } = await tx
        .query<JournalTables>()
        .deleteFrom('metric_batches')
        .where('id', '=', id)
        .executeTakeFirst();
      // Sorted in meanwhile: its points are in their series.
      if (Number(numDeletedRows) === 0) continue;
      for (const point of points) (ofRun.has(point[0]) ? taken : others).push(point);
    }
  }
  for (let start = 0; start < others.length; start += pointsPerBatch)
    await journalPoints(tx, others.slice(start, start + pointsPerBatch), series);
  if (others.length > 0) tx.afterCommit(() => sorter.wrote(others.length));
  return taken;
}

/** As many as hold some `pointsAtOnce`, at least one. */
function firstOf(rows: readonly { id: string; size: number }[]): string[] {
  const ids: string[] = [];
  let points = 0;
  for (const { id, size } of rows) {
    if (ids.length > 0 && points + size > pointsAtOnce) break;
    ids.push(id);
    points += size;
  }
  return ids;
}

async function sortBatches(
  sql: SqlDatabase,
  ids: readonly string[],
  giveWay: (tookMs: number) => Promise<void>,
): Promise<void> {
  const rows = await sql
    .query<JournalTables>()
    .selectFrom('metric_batches')
    .select('points')
    .where('id', 'in', ids)
    .execute();
  const points = rows.flatMap((row) => decodePoints(row.points)).sort(comparePoints);
  if (rows.length < ids.length) return;
  const { manyWriters } = sql.capabilities;
  for (let start = 0; start < points.length; start += pointsPerTransaction) {
    const began = performance.now();
    const inserted = await sql.transaction(async (tx) => {
      if (!(await stillWaiting(tx, ids, manyWriters))) return false;
      await insertPointsOfSeries(tx, points.slice(start, start + pointsPerTransaction));
      return true;
    }, unhurried);
    // What is left of them stands in other batches, which are next.
    if (!inserted) return;
    await giveWay(performance.now() - began);
  }
  await sql.transaction(
    (tx) => tx.query<JournalTables>().deleteFrom('metric_batches').where('id', 'in', ids).execute(),
    unhurried,
  );
}

const unhurried = { isolation: 'read-committed', durability: 'lazy' } as const;

/**
 * Numbers of eight bytes in base64: for each stretch of points of one step and time their number, the step and the time,
 * then each one's series and value.
 */
function encodePoints(points: readonly PointRow[]): string {
  const numbers = new Float64Array(points.length * 5);
  let length = 0;
  let stretch = 0;
  let previous: PointRow | undefined;
  for (const point of points) {
    const [series, step, at, value, isNan] = point;
    if (previous === undefined || previous[1] !== step || previous[2] !== at) {
      stretch = length;
      numbers[length++] = 0;
      numbers[length++] = step;
      numbers[length++] = at;
    }
    numbers[stretch] = (numbers[stretch] ?? 0) + 1;
    numbers[length++] = series;
    numbers[length++] = isNan === 1 ? Number.NaN : value;
    previous = point;
  }
  return Buffer.from(numbers.buffer, 0, length * 8).toString('base64');
}

/** All points, or those of one series. */
export function decodePoints(text: string, seriesId?: number): PointRow[] {
  // Copied, so that the numbers begin where numbers may.
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  const numbers = new Float64Array(bytes.buffer, 0, Math.floor(bytes.length / 8));
  const points: PointRow[] = [];
  for (let at = 0; at < numbers.length; ) {
    const count = numbers[at] ?? 0;
    const step = numbers[at + 1] ?? 0;
    const time = numbers[at + 2] ?? 0;
    at += 3;
    for (const end = Math.min(numbers.length, at + 2 * count); at < end; at += 2) {
      const series = numbers[at] ?? 0;
      if (seriesId !== undefined && series !== seriesId) continue;
      const value = numbers[at + 1] ?? 0;
      const isNan = Number.isNaN(value);
      points.push([series, step, time, isNan ? 0 : value, isNan ? 1 : 0]);
    }
  }
  return points;
}
