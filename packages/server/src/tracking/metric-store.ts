import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
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

const pointColumns = {
  series_id: 'bigint',
  step: 'bigint',
  at: 'bigint',
  value: 'double precision',
  is_nan: 'bigint',
} as const;

const seriesColumns = {
  id: 'bigint',
  run_id: 'text',
  name: 'text',
  step: 'bigint',
  at: 'bigint',
  value: 'double precision',
  is_nan: 'bigint',
} as const;

/**
 * Appends points and moves the latest values, in a few statements whatever the number of runs and points. A point that is
 * there already (same step, time and value) is not stored again.
 */
export async function appendMetricPoints(
  tx: SqlTransaction,
  batches: readonly RunPoints[],
  series: MetricSeries,
): Promise<void> {
  const latest = latestOf(batches);
  if (latest.length === 0) return;
  const ids = await seriesIds(tx, latest, series);
  const moved = latest.flatMap(({ runId, point, fresh }) =>
    fresh ? [] : [[ids.get(keyOf(runId, point.name)) ?? 0, ...columnValues(point)]],
  );
  // Always in one order: two transactions that move the same values wait for each other instead of in a circle.
  moved.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  const { id, run_id, name, ...latestColumns } = seriesColumns;
  await tx.forEachRow(
    { id, ...latestColumns },
    moved,
    ({ value, from }) => sql`
      update metric_series
      set step = ${value('step')}, at = ${value('at')}, value = ${value('value')}, is_nan = ${value('is_nan')} ${from}
      where metric_series.id = ${value('id')}
        and (${value('step')}, ${value('at')}, 1 - ${value('is_nan')}, ${value('value')})
          > (metric_series.step, metric_series.at, 1 - metric_series.is_nan, metric_series.value)`,
  );
  const points = batches.flatMap((batch) =>
    batch.points.map((point) => [ids.get(keyOf(batch.runId, point.name)) ?? 0, ...columnValues(point)]),
  );
  await tx.forEachRow(
    pointColumns,
    points,
    ({ value, from }) => sql`
      insert into metric_points (series_id, step, at, value, is_nan)
      select ${value('series_id')}, ${value('step')}, ${value('at')}, ${value('value')}, ${value('is_nan')} ${from}
      where true
      on conflict (series_id, step, at, value, is_nan) do nothing`,
  );
}

interface LatestPoint {
  readonly runId: string;
  point: MetricPoint;
  /** The series is made with this point as its latest. */
  fresh: boolean;
}

/** The latest point of each metric among the new ones. */
function latestOf(batches: readonly RunPoints[]): readonly LatestPoint[] {
  const latest = new Map<string, LatestPoint>();
  for (const { runId, points } of batches) {
    for (const point of points) {
      const key = keyOf(runId, point.name);
      const current = latest.get(key);
      if (current === undefined) latest.set(key, { runId, point, fresh: false });
      else if (isLater(point, current.point)) current.point = point;
    }
  }
  return [...latest.values()];
}

/** The numbers of the series, by key; those that do not exist are made. */
async function seriesIds(
  tx: SqlTransaction,
  latest: readonly LatestPoint[],
  series: MetricSeries,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const unknown: LatestPoint[] = [];
  for (const entry of latest) {
    const id = series.known(entry.runId, entry.point.name);
    if (id === undefined) unknown.push(entry);
    else ids.set(keyOf(entry.runId, entry.point.name), id);
  }
  if (unknown.length === 0) return ids;
  unknown.sort((a, b) => (keyOf(a.runId, a.point.name) < keyOf(b.runId, b.point.name) ? -1 : 1));
  const made = unknown.map(({ runId, point }) => [series.next(), runId, point.name, ...columnValues(point)]);
  await tx.forEachRow(
    seriesColumns,
    made,
    ({ value, from }) => sql`
      insert into metric_series (id, run_id, name, step, at, value, is_nan)
      select ${sql.join(Object.keys(seriesColumns).map((column) => value(column)))} ${from}
      where true
      on conflict (run_id, name) do nothing`,
  );
  const madeIds = new Set(made.map((row) => row[0]));
  const stored = await findSeries(tx, unknown);
  for (const entry of unknown) {
    const key = keyOf(entry.runId, entry.point.name);
    const id = stored.get(key);
    if (id === undefined) throw new Error(`The series of the metric ${entry.point.name} was not stored.`);
    entry.fresh = madeIds.has(id);
    ids.set(key, id);
    tx.afterCommit(() => series.remember(entry.runId, entry.point.name, id));
  }
  return ids;
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
    .where('run_id', 'in', runIds);
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
    .select('id')
    .where('run_id', '=', runId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (series === undefined) return undefined;
  let range = reader.query<MetricTables>().selectFrom('metric_points').where('series_id', '=', series.id);
  if (options.fromStep !== undefined) range = range.where('step', '>=', options.fromStep);
  if (options.toStep !== undefined) range = range.where('step', '<=', options.toStep);
  const counted = await range.select((row) => row.fn.countAll<number>().as('points')).executeTakeFirst();
  const total = Number(counted?.points ?? 0);
  const thinning = createMetricThinning(total, options.limit);
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
    for (const row of rows)
      thinning.add({ step: row.step, at: row.at, value: row.is_nan === 1 ? Number.NaN : row.value });
    last = rows.at(-1);
    if (rows.length < pointsPerRead) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { points: thinning.finish(), total, thinned: total > options.limit };
}

/** Step, time, value and the flag of NaN. */
function columnValues(point: MetricPoint): [number, number, number, number] {
  const isNan = Number.isNaN(point.value);
  // -0 and 0 are one value to the database, and so to the rule that a point is stored once.
  return [point.step, point.at, isNan ? 0 : point.value + 0, isNan ? 1 : 0];
}

function toPoint(row: MetricTables['metric_series']): MetricPoint {
  return { name: row.name, step: row.step, at: row.at, value: row.is_nan === 1 ? Number.NaN : row.value };
}
