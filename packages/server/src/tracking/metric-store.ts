import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
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

/**
 * Appends points and moves the latest values, in three statements whatever the number of points (at most 1000). A point
 * that is there already (same step, time and value) is not stored again.
 */
export async function appendMetricPoints(
  tx: SqlTransaction,
  runId: string,
  points: readonly Required<MetricPoint>[],
): Promise<void> {
  if (points.length === 0) return;
  const query = tx.query<MetricTables>();
  const names = [...new Set(points.map((point) => point.name))];
  const known = await query
    .selectFrom('metric_series')
    .selectAll()
    .where('run_id', '=', runId)
    .where('name', 'in', names)
    .execute();
  const series = new Map(known.map((row) => [row.name, row]));
  let nextId = series.size < names.length ? (await highestSeriesId(tx)) + 1 : 0;
  const changed = new Map<string, MetricTables['metric_series']>();
  const rows: MetricTables['metric_points'][] = [];
  for (const point of points) {
    const current = series.get(point.name);
    const id = current?.id ?? nextId++;
    if (current === undefined || isLater(point, toPoint(current))) {
      const latest = { id, run_id: runId, name: point.name, ...toColumns(point) };
      series.set(point.name, latest);
      changed.set(point.name, latest);
    }
    rows.push({ series_id: id, ...toColumns(point) });
  }
  if (changed.size > 0) {
    await query
      .insertInto('metric_series')
      .values([...changed.values()])
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((row) => ({
          step: row.ref('excluded.step'),
          at: row.ref('excluded.at'),
          value: row.ref('excluded.value'),
          is_nan: row.ref('excluded.is_nan'),
        })),
      )
      .execute();
  }
  await query
    .insertInto('metric_points')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['series_id', 'step', 'at', 'value', 'is_nan']).doNothing())
    .execute();
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

async function highestSeriesId(tx: SqlTransaction): Promise<number> {
  const row = await tx
    .query<MetricTables>()
    .selectFrom('metric_series')
    .select((row) => row.fn.max('id').as('highest'))
    .executeTakeFirst();
  return Number(row?.highest ?? 0);
}

function toColumns(point: MetricPoint): { step: number; at: number; value: number; is_nan: number } {
  const isNan = Number.isNaN(point.value);
  // -0 and 0 are one value to the database, and so to the rule that a point is stored once.
  return { step: point.step, at: point.at, value: isNan ? 0 : point.value + 0, is_nan: isNan ? 1 : 0 };
}

function toPoint(row: MetricTables['metric_series']): MetricPoint {
  return { name: row.name, step: row.step, at: row.at, value: row.is_nan === 1 ? Number.NaN : row.value };
}
