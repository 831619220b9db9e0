import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import { waitingPoints } from './metric-journal.ts';
import { comparePoints, insertPoints, noPoint, type PointRow } from './metric-points.ts';
import type { MetricSeries } from './metric-series.ts';
import { createMetricThinning, type SeriesPoint } from './metric-thinning.ts';
import { isLater, type MetricPoint } from './metric-value.ts';

export interface MetricTables {
  metric_series: {
    id: number;
    run_id: string;
    name: string;
    step: number;
    at: number;
    value: number;
    is_nan: number;
  };
  metric_points: { series_id: number; step: number; at: number; value: number; is_nan: number };
}

interface RunPoints {
  readonly runId: string;
  readonly points: readonly MetricPoint[];
}

const seriesColumns = {
  id: 'bigint',
  run_id: 'text',
  name: 'text',
  step: 'bigint',
  at: 'bigint',
  value: 'double precision',
  is_nan: 'bigint',
} as const;

/** Appends points and moves the latest values, in a few statements whatever the number of runs and points. */
export async function appendMetricPoints(
  tx: SqlTransaction,
  batches: readonly RunPoints[],
  series: MetricSeries,
): Promise<void> {
  const { all, ofPoints } = latestOf(batches);
  if (all.length === 0) return;
  await findIds(tx, all, series);
  let next = 0;
  const points = batches.flatMap((batch) =>
    batch.points.map((point) => toRow({ id: ofPoints[next++]?.id ?? 0, point })),
  );
  const moved = all.flatMap((entry) => (entry.fresh ? [] : [toRow(entry)]));
  // Always in one order: two transactions that move the same values wait for each other instead of in a circle.
  moved.sort((a, b) => a[0] - b[0]);
  // Sent together: the way to the engine and back is most of their time.
  await Promise.all([moveLatest(tx, moved), insertPoints(tx, points)]);
}

/**
 * Points as a caller that writes much puts them into the journal: latest values are moved by `LatestValues.settle`, and points
 * are sorted into their series by `sortJournal`, later. Series that do not exist yet are made.
 */
export async function journalRows(
  tx: SqlTransaction,
  batches: readonly RunPoints[],
  series: MetricSeries,
): Promise<readonly PointRow[]> {
  const strange = batches.filter(({ runId, points }) =>
    points.some(({ name }) => series.known(runId, name) === undefined),
  );
  const found = new Map<string, number>();
  if (strange.length > 0) {
    const { all } = latestOf(strange);
    await findIds(tx, all, series);
    for (const { runId, point, id } of all) found.set(keyOf(runId, point.name), id);
  }
  const rows: PointRow[] = [];
  for (const { runId, points } of batches) {
    for (const point of points) {
      const id = series.known(runId, point.name) ?? found.get(keyOf(runId, point.name)) ?? 0;
      rows.push(toRow({ id, point }));
    }
  }
  return rows;
}

/** Has a point shown as the latest, where only its value leaves it open which of some points is. */
export async function showAsLatest(tx: SqlTransaction, runId: string, point: MetricPoint): Promise<void> {
  const [, step, at, value, isNan] = toRow({ id: 0, point });
  await tx
    .query<MetricTables>()
    .updateTable('metric_series')
    .set({ value, is_nan: isNan })
    .where('run_id', '=', runId)
    .where('name', '=', point.name)
    .where('step', '=', step)
    .where('at', '=', at)
    .execute();
}

/**
 * Moves the latest values of series to the given points, one for each series, where those are later. Returns the runs that have
 * them, each once.
 */
export async function moveLatest(tx: SqlTransaction, moved: readonly PointRow[]): Promise<readonly string[]> {
  const { run_id, name, ...latestColumns } = seriesColumns;
  const rows = await tx.forEachRow<{ run_id: string }>(
    latestColumns,
    moved,
    ({ value, from }) => sql`
      update metric_series
      set step = ${value('step')}, at = ${value('at')}, value = ${value('value')}, is_nan = ${value('is_nan')} ${from}
      where metric_series.id = ${value('id')}
        and (${value('step')}, ${value('at')}, 1 - ${value('is_nan')}, ${value('value')})
          > (metric_series.step, metric_series.at, 1 - metric_series.is_nan, metric_series.value)
      returning run_id`,
  );
  return [...new Set(rows.map((row) => row.run_id))];
}

interface LatestPoint {
  readonly runId: string;
  point: MetricPoint;
  id: number;
  /** The series is made with this point as its latest. */
  fresh: boolean;
}

/** The latest point of each metric among the new ones: all of them, and that of each point's metric. */
function latestOf(batches: readonly RunPoints[]): {
  readonly all: readonly LatestPoint[];
  readonly ofPoints: readonly LatestPoint[];
} {
  const all: LatestPoint[] = [];
  const ofPoints: LatestPoint[] = [];
  const byRun = new Map<string, Map<string, LatestPoint>>();
  for (const { runId, points } of batches) {
    const byName = byRun.get(runId) ?? new Map<string, LatestPoint>();
    byRun.set(runId, byName);
    for (const point of points) {
      let entry = byName.get(point.name);
      if (entry === undefined) {
        entry = { runId, point, id: 0, fresh: false };
        byName.set(point.name, entry);
        all.push(entry);
      } else if (isLater(point, entry.point)) entry.point = point;
      ofPoints.push(entry);
    }
  }
  return { all, ofPoints };
}

/** Looks the numbers of the series up; those that do not exist are made. */
async function findIds(
  tx: SqlTransaction,
  entries: readonly LatestPoint[],
  series: MetricSeries,
): Promise<void> {
  const unknown: LatestPoint[] = [];
  for (const entry of entries) {
    const id = series.known(entry.runId, entry.point.name);
    if (id === undefined) unknown.push(entry);
    else entry.id = id;
  }
  if (unknown.length === 0) return;
  unknown.sort((a, b) => (keyOf(a.runId, a.point.name) < keyOf(b.runId, b.point.name) ? -1 : 1));
  const made = unknown.map(({ runId, point }) => {
    const [id, ...values] = toRow({ id: series.next(), point });
    return [id, runId, point.name, ...values] as const;
  });
  await tx.forEachRow(
    seriesColumns,
    made,
    ({ value, from }) => sql`
      insert into metric_series (id, run_id, name, step, at, value, is_nan, experiment_id)
      select ${sql.join(Object.keys(seriesColumns).map((column) => value(column)))},
        coalesce((select experiment_id from runs where runs.id = ${value('run_id')}), '') ${from}
      where true
      on conflict (run_id, name) do nothing`,
  );
  const madeIds = new Set(made.map((row) => row[0]));
  const stored = await findSeries(tx, unknown);
  for (const entry of unknown) {
    const id = stored.get(keyOf(entry.runId, entry.point.name));
    if (id === undefined) throw new Error(`The series of the metric ${entry.point.name} was not stored.`);
    entry.fresh = madeIds.has(id);
    entry.id = id;
    tx.afterCommit(() => series.remember(entry.runId, entry.point.name, id));
  }
}

async function findSeries(
  tx: SqlTransaction,
  wanted: readonly LatestPoint[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx
    .query<MetricTables>()
    .selectFrom('metric_series')
    .select(['id', 'run_id', 'name'])
    .where('run_id', 'in', [...new Set(wanted.map((entry) => entry.runId))])
    .where('name', 'in', [...new Set(wanted.map((entry) => entry.point.name))])
    .execute();
  return new Map(rows.map((row) => [keyOf(row.run_id, row.name), row.id]));
}

// Ids hold no line feed.
function keyOf(runId: string, name: string): string {
  return `${runId}\n${name}`;
}

/** The latest point of each metric of each run; of the named metrics only when `names` is given. */
export async function latestMetrics(
  reader: SqlReader,
  runIds: readonly string[],
  names?: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, MetricPoint>>>> {
  const byRun = new Map<string, Record<string, MetricPoint>>();
  if (runIds.length === 0 || names?.length === 0) return byRun;
  let query = reader
    .query<MetricTables>()
    .selectFrom('metric_series')
    .selectAll()
    .where('run_id', 'in', runIds)
    .where('is_nan', '!=', noPoint);
  if (names !== undefined) query = query.where('name', 'in', names);
  for (const row of await query.orderBy('run_id').orderBy('name').execute()) {
    const metrics = byRun.get(row.run_id) ?? {};
    metrics[row.name] = toPoint(row);
    byRun.set(row.run_id, metrics);
  }
  return byRun;
}

export interface MetricHistory {
  readonly points: readonly SeriesPoint[];
  readonly total: number;
  readonly thinned: boolean;
}

// One read of the history takes a few milliseconds at most, so that a long curve does not hold up other requests.
const pointsPerRead = 4000;
// Engines bound the number of parameters of one statement.
const stepsPerRead = 500;

/** The points of a metric in order of step, time and value, thinned to `limit`; undefined when there is no such metric. */
export async function metricHistory(
  reader: SqlReader,
  runId: string,
  name: string,
  options: { limit: number; fromStep?: number | undefined; toStep?: number | undefined },
): Promise<MetricHistory | undefined> {
  const series = await reader
    .query<MetricTables>()
    .selectFrom('metric_series')
    .select(['id', 'is_nan'])
    .where('run_id', '=', runId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (series === undefined) return undefined;
  const inRange = ([, step]: PointRow) =>
    step >= (options.fromStep ?? step) && step <= (options.toStep ?? step);
  // Before the sorted ones, so that what is sorted in meanwhile is seen in one of the two.
  const waiting = (await waitingPoints(reader, series.id)).filter(inRange);
  const extra = await notSortedIn(reader, series.id, waiting);
  let range = reader.query<MetricTables>().selectFrom('metric_points').where('series_id', '=', series.id);
  if (options.fromStep !== undefined) range = range.where('step', '>=', options.fromStep);
  if (options.toStep !== undefined) range = range.where('step', '<=', options.toStep);
  const counted = await range.select((row) => row.fn.countAll<number>().as('points')).executeTakeFirst();
  const total = Number(counted?.points ?? 0) + extra.length;
  if (total === 0 && series.is_nan === noPoint) return undefined;
  const thinning = createMetricThinning(total, options.limit);
  const add = ([, step, at, value, isNan]: PointRow) =>
    thinning.add({ step, at, value: isNan === 1 ? Number.NaN : value });
  let next = 0;
  let last: MetricTables['metric_points'] | undefined;
  while (true) {
    let query = range.selectAll();
    if (last !== undefined) {
      query = query.where(
        sql<boolean>`(step, at, value, is_nan) > (${last.step}, ${last.at}, ${last.value}, ${last.is_nan})`,
      );
    }
    const rows = await query
      .orderBy('step')
      .orderBy('at')
      .orderBy('value')
      .orderBy('is_nan')
      .limit(pointsPerRead)
      .execute();
    for (const row of rows) {
      const sorted: PointRow = [series.id, row.step, row.at, row.value, row.is_nan];
      for (; next < extra.length; next++) {
        const candidate = extra[next];
        const order = candidate === undefined ? 1 : comparePoints(candidate, sorted);
        if (order > 0) break;
        if (candidate !== undefined && order < 0) add(candidate);
      }
      add(sorted);
    }
    last = rows.at(-1);
    if (rows.length < pointsPerRead) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const point of extra.slice(next)) add(point);
  return { points: thinning.finish(), total, thinned: total > options.limit };
}

/** Those of the points that the series does not have yet, each once, in order. */
async function notSortedIn(
  reader: SqlReader,
  seriesId: number,
  points: readonly PointRow[],
): Promise<readonly PointRow[]> {
  const there = new Set<string>();
  const steps = [...new Set(points.map(([, step]) => step))];
  const times = points.map(([, , at]) => at);
  const [earliest, newest] = times.reduce(
    ([low, high], at) => [Math.min(low, at), Math.max(high, at)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  for (let start = 0; start < steps.length; start += stepsPerRead) {
    const rows = await reader
      .query<MetricTables>()
      .selectFrom('metric_points')
      .selectAll()
      .where('series_id', '=', seriesId)
      .where('step', 'in', steps.slice(start, start + stepsPerRead))
      .where('at', '>=', earliest)
      .where('at', '<=', newest)
      .execute();
    for (const row of rows) there.add(String([row.step, row.at, row.value, row.is_nan]));
  }
  const missing: PointRow[] = [];
  for (const point of [...points].sort(comparePoints)) {
    const key = String(point.slice(1));
    if (there.has(key)) continue;
    there.add(key);
    missing.push(point);
  }
  return missing;
}

function toRow({ id, point }: { readonly id: number; readonly point: MetricPoint }): PointRow {
  const isNan = Number.isNaN(point.value);
  // -0 and 0 are one value to the database, and so to the rule that a point is stored once.
  return [id, point.step, point.at, isNan ? 0 : point.value + 0, isNan ? 1 : 0];
}

function toPoint(row: MetricTables['metric_series']): MetricPoint {
  return { name: row.name, step: row.step, at: row.at, value: row.is_nan === 1 ? Number.NaN : row.value };
}
