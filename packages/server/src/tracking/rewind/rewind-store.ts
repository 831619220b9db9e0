import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { noPoint } from '../metric-points.ts';
import type { MetricSeries } from '../metric-series.ts';
import type { MetricTables } from '../metric-store.ts';

/** The last step, or the last time in milliseconds, whose points stay. */
export type RewindTo = { readonly step: number } | { readonly at: number };

interface Tables extends MetricTables {
  model_metrics: { run_id: string; step: number; at: number };
}

/** Every point is later. */
const beforeAll = Number.MIN_SAFE_INTEGER;

/** The series of a run, which nobody else moves until the transaction ends. */
export async function lockSeries(
  tx: SqlTransaction,
  runId: string,
  manyWriters: boolean,
): Promise<readonly number[]> {
  // Always in one order: who moves the same values waits instead of in a circle.
  const rows = tx
    .query<Tables>()
    .selectFrom('metric_series')
    .select('id')
    .where('run_id', '=', runId)
    .orderBy('id');
  return (await (manyWriters ? rows.forUpdate() : rows).execute()).map(({ id }) => id);
}

export async function countBehind(reader: SqlReader, runId: string, to: RewindTo): Promise<number> {
  const { rows } = await sql<{ points: number }>`
    select count(*) as points from metric_points
    where series_id in (${seriesOf(runId)}) and ${behind(to)}`.execute(reader.query());
  return Number(rows[0]?.points ?? 0);
}

export async function removeBehind(tx: SqlTransaction, runId: string, to: RewindTo): Promise<void> {
  await sql`delete from metric_points where series_id in (${seriesOf(runId)}) and ${behind(to)}`.execute(
    tx.query(),
  );
}

/** What was measured of logged models behind the cut stays with them, as measured by the other run. */
export async function moveModelMetrics(
  tx: SqlTransaction,
  runId: string,
  to: RewindTo,
  otherId: string,
): Promise<void> {
  await tx
    .query<Tables>()
    .updateTable('model_metrics')
    .set({ run_id: otherId })
    .where('run_id', '=', runId)
    .where(behind(to))
    .execute();
}

export async function copyEntries(tx: SqlTransaction, fromId: string, toId: string): Promise<void> {
  for (const table of ['run_params', 'run_tags']) {
    await sql`
      insert into ${sql.table(table)} (run_id, name, value)
      select cast(${toId} as text), name, value from ${sql.table(table)} where run_id = ${fromId}`.execute(
      tx.query(),
    );
  }
}

/** Gives a run the metrics of another with all their points, as series of its own. */
export async function copyPoints(
  tx: SqlTransaction,
  fromId: string,
  toId: string,
  series: MetricSeries,
): Promise<void> {
  const metrics = await tx
    .query<Tables>()
    .selectFrom('metric_series')
    .select('name')
    .where('run_id', '=', fromId)
    .where('is_nan', '!=', noPoint)
    .orderBy('name')
    .execute();
  await tx.forEachRow(
    { id: 'bigint', run_id: 'text', from_id: 'text', name: 'text' },
    metrics.map(({ name }) => [series.next(), toId, fromId, name]),
    ({ value, from }) => sql`
      insert into metric_series (id, run_id, name, step, at, value, is_nan, experiment_id)
      select ${value('id')}, ${value('run_id')}, ${value('name')}, ${sql.lit(beforeAll)}, 0, 0, ${sql.lit(noPoint)},
        coalesce((select experiment_id from runs where runs.id = ${value('from_id')}), '') ${from}
      where true`,
  );
  await sql`
    insert into metric_points (series_id, step, at, value, is_nan)
    select made.id, metric_points.step, metric_points.at, metric_points.value, metric_points.is_nan
    from metric_series as made
    join metric_series as origin on origin.run_id = ${fromId} and origin.name = made.name
    join metric_points on metric_points.series_id = origin.id
    where made.run_id = ${toId}`.execute(tx.query());
}

/** Has the latest values of runs be those of the points they have in their series; a metric without any is not shown. */
export async function showRemaining(tx: SqlTransaction, runIds: readonly string[]): Promise<void> {
  for (const runId of runIds) {
    await sql`
      update metric_series set step = ${sql.lit(beforeAll)}, at = 0, value = 0, is_nan = ${sql.lit(noPoint)}
      where run_id = ${runId}`.execute(tx.query());
    await sql`
      update metric_series
      set step = latest.step, at = latest.at, value = latest.value, is_nan = latest.is_nan
      from (
        select *, row_number() over (
          partition by series_id order by step desc, at desc, is_nan, value desc
        ) as place
        from metric_points where series_id in (${seriesOf(runId)})
      ) as latest
      where latest.series_id = metric_series.id and latest.place = 1`.execute(tx.query());
  }
}

function seriesOf(runId: string): RawBuilder<unknown> {
  return sql`select id from metric_series where run_id = ${runId}`;
}

function behind(to: RewindTo): RawBuilder<SqlBool> {
  return 'step' in to ? sql<SqlBool>`step > ${to.step}` : sql<SqlBool>`at > ${to.at}`;
}
