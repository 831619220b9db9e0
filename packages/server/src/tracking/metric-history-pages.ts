import { sql } from 'kysely';
import { esteiraError } from '../kernel/errors.ts';
import type { KeptBySize } from '../kernel/kept-by-size.ts';
import { type Page, type PageRequest, pagesByKey } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { waitingPoints } from './metric-journal.ts';
import { comparePoints, type EntryKeys, type PointRow, pointFields } from './metric-points.ts';
import type { MetricTables } from './metric-store.ts';
import type { SeriesPoint } from './metric-thinning.ts';
import { metricToWire } from './metric-value.ts';
import { type RunRevision, revisionColumns } from './run-revision.ts';
import type { RunTables } from './run-store.ts';

/** A point with the run that measured it. */
export interface RunPoint extends SeriesPoint {
  readonly runId: string;
}

const pages = pagesByKey('points', ['number', 'number', 'string', 'number'], (row: PointRow) => [
  row[1],
  row[2],
  // As text, because JSON has no infinities.
  String(row[3]),
  row[4],
]);

/**
 * The points of a metric in the order of step, time and value, a page at a time; none when the run has no such metric. Throws
 * RUN_NOT_FOUND, INVALID_REQUEST for a cursor of another list.
 */
export async function pageOfHistory(
  reader: SqlReader,
  workspace: string,
  runId: string,
  name: string,
  request: PageRequest,
): Promise<Page<SeriesPoint>> {
  const behind = pages.keyBehind(request.cursor);
  const id = await findSeriesOfRun(reader, workspace, runId, name);
  if (id === undefined) return { items: [] };
  return pageOfSeries(reader, id, await waitingPoints(reader, id), behind, request.limit);
}

/** A history that was printed, and of which state. */
interface PrintedHistory {
  readonly keys: EntryKeys;
  readonly state: HistoryState;
  /** How many were printed. */
  readonly points: number;
  readonly list: string;
}

/** By series. */
export type PrintedHistories = KeptBySize<PrintedHistory>;

/**
 * As `pageOfHistory`, or all points as the text of a JSON list, as `RunRecord` has its lists: a page of thousands of points is
 * printed once for as long as the series stays as it is, where they lie when none of them waits.
 */
export async function printedHistory(
  reader: SqlReader,
  workspace: string,
  runId: string,
  name: string,
  { limit, cursor }: PageRequest,
  keys: EntryKeys,
  printed: PrintedHistories,
): Promise<Page<SeriesPoint> | { readonly list: string }> {
  const behind = pages.keyBehind(cursor);
  const id = await findSeriesOfRun(reader, workspace, runId, name);
  if (id === undefined) return { list: '[]' };
  if (behind !== undefined) return pageOfSeries(reader, id, await waitingPoints(reader, id), behind, limit);
  const state = await stateOfHistory(reader, runId, id);
  const known = printed.get(String(id));
  if (known !== undefined && known.keys === keys && known.points <= limit && isSame(known.state, state))
    return known;
  const waiting = await waitingPoints(reader, id);
  // After the batches, so that what is sorted in meanwhile counts.
  const now = waiting.length > 0 ? undefined : await stateOfHistory(reader, runId, id);
  const rows =
    now !== undefined && now.points <= limit ? undefined : await readPoints(reader, id, waiting, limit + 1);
  if (rows !== undefined && rows.length > limit) return pages.of(rows, limit, toPoint);
  const list = rows === undefined ? await printPoints(reader, id, name, keys) : printRows(rows, name, keys);
  const points = rows?.length ?? now?.points ?? 0;
  if (state !== undefined)
    printed.keep(String(id), { keys, state, points, list }, list.length + state.batches.length);
  return { list };
}

/**
 * What a series holds: points come, which counts, in batches that are each written once, and go only with a change of their
 * run, as which it is told. All is of one snapshot, and what is kept under a state must have been read after it.
 */
interface HistoryState extends RunRevision {
  readonly points: number;
  /** The batches of the journal that may hold some, as a JSON list. */
  readonly batches: string;
}

/** Undefined when the run is gone. */
async function stateOfHistory(
  reader: SqlReader,
  runId: string,
  id: number,
): Promise<HistoryState | undefined> {
  const { rows } = await sql<HistoryState>`
    select ${revisionColumns}, (select count(*) from metric_points where series_id = ${id}) as points,
      coalesce((
        select ${reader.jsonList({ id: 'id' })}
        from (
          select id from metric_batches where first_series <= ${id} and last_series >= ${id} order by id
        ) as batches), '') as batches
    from runs where runs.id = ${runId}`.execute(reader.query());
  return rows[0];
}

function isSame(a: HistoryState, b: HistoryState | undefined): boolean {
  return (
    a.revision === b?.revision && a.changes === b.changes && a.points === b.points && a.batches === b.batches
  );
}

async function printPoints(reader: SqlReader, id: number, name: string, keys: EntryKeys): Promise<string> {
  const { rows } = await sql<{ list: string | null }>`
    select ${reader.jsonList({ ...pointFields(keys), [keys.name]: { constant: name } })} as list
    from (
      select step, at, value, is_nan from metric_points
      where series_id = ${id} order by step, at, value, is_nan
    ) as points`.execute(reader.query());
  return rows[0]?.list ?? '[]';
}

/** As `printPoints`, of all points of the series. */
function printRows(rows: readonly PointRow[], name: string, keys: EntryKeys): string {
  const inText = (key: string) => JSON.stringify(key);
  const before = `{${inText(keys.name)}:${inText(name)},${inText(keys.value)}:`;
  const [at, step] = [`,${inText(keys.at)}:`, `,${inText(keys.step)}:`];
  const items = rows.map((row) => {
    const point = toPoint(row);
    return `${before}${JSON.stringify(metricToWire(point.value))}${at}${point.at}${step}${point.step}}`;
  });
  return `[${items.join(',')}]`;
}

async function pageOfSeries(
  reader: SqlReader,
  id: number,
  waiting: readonly PointRow[],
  behind: ReturnType<typeof pages.keyBehind>,
  limit: number,
): Promise<Page<SeriesPoint>> {
  const last = behind === undefined ? undefined : toRow(id, behind);
  return pages.of(await readPoints(reader, id, waiting, limit + 1, last), limit, toPoint);
}

/** The number of the series; undefined when the run has no such metric. Throws RUN_NOT_FOUND. */
async function findSeriesOfRun(
  reader: SqlReader,
  workspace: string,
  runId: string,
  name: string,
): Promise<number | undefined> {
  const series = await findSeriesOf(reader, workspace, [runId], name);
  if (!series.has(runId)) throw esteiraError('RUN_NOT_FOUND', { id: runId });
  return series.get(runId);
}

/**
 * The points of one metric of several runs, by run, then in the order of time, step and value; at most `limit` of them all.
 * Runs that do not exist have none.
 */
export async function pointsOfRuns(
  reader: SqlReader,
  workspace: string,
  runIds: readonly string[],
  name: string,
  limit: number,
): Promise<readonly RunPoint[]> {
  const series = await findSeriesOf(reader, workspace, runIds, name);
  const points: RunPoint[] = [];
  for (const runId of [...series.keys()].sort()) {
    const id = series.get(runId);
    if (id === undefined) continue;
    // The order of time is not that of the index, so the whole series is looked at; it is bounded all the same.
    const rows = await readPoints(reader, id, await waitingPoints(reader, id), mostPointsOfSeries);
    const inTime = rows
      .map(toPoint)
      .sort((a, b) => a.at - b.at || a.step - b.step || compareNumbers(a.value, b.value));
    for (const point of inTime.slice(0, limit - points.length)) points.push({ ...point, runId });
    if (points.length >= limit) break;
  }
  return points;
}

// A page of the disk a thousand points: more are not looked at for one answer.
const mostPointsOfSeries = 1_000_000;

/**
 * At most `most` points of each run in the order of step: the first of each of `most` equally large parts, and the last of all
 * in place of the last of these; of the steps between `from` and `to` only, when given. Throws RUN_NOT_FOUND.
 */
export async function sampledPoints(
  reader: SqlReader,
  workspace: string,
  runIds: readonly string[],
  name: string,
  options: { readonly most: number; readonly from?: number | undefined; readonly to?: number | undefined },
): Promise<readonly RunPoint[]> {
  const series = await findSeriesOf(reader, workspace, runIds, name);
  const points: RunPoint[] = [];
  for (const runId of runIds) {
    if (!series.has(runId)) throw esteiraError('RUN_NOT_FOUND', { id: runId });
    const id = series.get(runId);
    if (id === undefined) continue;
    for (const row of await sampleOf(reader, id, options)) points.push({ ...toPoint(row), runId });
  }
  return points;
}

const mostThinnedHere = 10_000;

/** The engine picks the rows, so that a long series is neither sent nor kept. */
async function sampleOf(
  reader: SqlReader,
  id: number,
  { most, from, to }: { most: number; from?: number | undefined; to?: number | undefined },
): Promise<readonly PointRow[]> {
  const inRange = ([, step]: PointRow) => step >= (from ?? step) && step <= (to ?? step);
  const waiting = (await waitingPoints(reader, id)).filter(inRange);
  // Whole numbers, whatever an engine takes parameters for.
  const parts = sql`cast(${most} as bigint)`;
  // Some of a short series that still wait belong in between: it is thinned here.
  const whole = waiting.length === 0 ? most : Math.max(most, mostThinnedHere);
  // As NTILE has it, the first `total % parts` of the parts are larger by one than `total / parts`.
  const inLarger = sql`(total % ${parts}) * (total / ${parts} + 1)`;
  const range = sql`series_id = ${id}
    ${from === undefined ? sql`` : sql`and step >= ${from}`} ${to === undefined ? sql`` : sql`and step <= ${to}`}`;
  const { rows } = await sql<MetricTables['metric_points']>`
    select series_id, step, at, value, is_nan from (
      select *, row_number() over (order by step, at, value, is_nan) - 1 as place, count(*) over () as total
      from metric_points where ${range}
    ) as numbered
    where total <= ${whole} or place = total - 1 or (place < total - total / ${parts} and case
      when place < ${inLarger} then place % (total / ${parts} + 1) = 0
      else (place - ${inLarger}) % nullif(total / ${parts}, 0) = 0 end)
    order by step, at, value, is_nan`.execute(reader.query());
  const merged = mergeRows(rows.map(pointRow), waiting);
  return merged.length <= most ? merged : firstOfParts(merged, most);
}

function firstOfParts(rows: readonly PointRow[], parts: number): readonly PointRow[] {
  const size = Math.floor(rows.length / parts);
  const larger = rows.length % parts;
  const kept: PointRow[] = [];
  for (let part = 0; part < parts - 1; part++) {
    const row = rows[part * size + Math.min(part, larger)];
    if (row !== undefined) kept.push(row);
  }
  return [...kept, ...rows.slice(-1)];
}

/** The numbers of the series of a metric, by run; undefined for a run without it, no entry for a run that is not there. */
async function findSeriesOf(
  reader: SqlReader,
  workspace: string,
  runIds: readonly string[],
  name: string,
): Promise<ReadonlyMap<string, number | undefined>> {
  const rows = await reader
    .query<RunTables & MetricTables>()
    .selectFrom('runs')
    .leftJoin('metric_series', (join) =>
      join.onRef('metric_series.run_id', '=', 'runs.id').on('metric_series.name', '=', name),
    )
    .select(['runs.id as run', 'metric_series.id as series'])
    .where('runs.workspace', '=', workspace)
    .where('runs.id', 'in', runIds)
    .execute();
  return new Map(rows.map(({ run, series }) => [run, series ?? undefined]));
}

/**
 * Points of a series behind a row, with those that wait to be sorted in. Those were read before the sorted ones, so that what
 * is sorted in meanwhile is seen in one of the two.
 */
async function readPoints(
  reader: SqlReader,
  id: number,
  waiting: readonly PointRow[],
  limit: number,
  last?: PointRow,
): Promise<readonly PointRow[]> {
  let query = reader
    .query<MetricTables>()
    .selectFrom('metric_points')
    .select(['step', 'at', 'value', 'is_nan'])
    .where('series_id', '=', id);
  if (last !== undefined) {
    const [, step, at, value, isNan] = last;
    query = query.where(sql<boolean>`(step, at, value, is_nan) > (${step}, ${at}, ${value}, ${isNan})`);
  }
  const rows = await query
    .orderBy('step')
    .orderBy('at')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(limit)
    .execute();
  const behind = last === undefined ? waiting : waiting.filter((row) => comparePoints(row, last) > 0);
  const sorted = rows.map((row): PointRow => [id, row.step, row.at, row.value, row.is_nan]);
  return mergeRows(sorted, behind).slice(0, limit);
}

/** Both in order, what is in both once. */
function mergeRows(sorted: readonly PointRow[], others: readonly PointRow[]): readonly PointRow[] {
  if (others.length === 0) return sorted;
  const rows = [...sorted, ...others].sort(comparePoints);
  return rows.filter((row, index) => {
    const before = rows[index - 1];
    return before === undefined || comparePoints(before, row) !== 0;
  });
}

function pointRow(row: MetricTables['metric_points']): PointRow {
  return [row.series_id, row.step, row.at, row.value, row.is_nan];
}

function toRow(id: number, [step, at, value, isNan]: readonly [number, number, string, number]): PointRow {
  const key = [step, at, isNan];
  if (!key.every(Number.isSafeInteger) || Number.isNaN(Number(value)))
    throw esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
  return [id, step, at, Number(value), isNan];
}

function toPoint([, step, at, value, isNan]: PointRow): SeriesPoint {
  return { step, at, value: isNan === 1 ? Number.NaN : value };
}

// NaN first, as the database has it: it stands there as zero.
function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
