import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { MetricPoint } from './metric-value.ts';

interface Tables {
  model_metrics: {
    model_id: string;
    name: string;
    run_id: string;
    dataset_name: string;
    dataset_digest: string;
    step: number;
    at: number;
    value: number;
    is_nan: number;
  };
}

/** A point that a run measured of a logged model, on a data set if it was said. */
export interface ModelMetric extends MetricPoint {
  readonly modelId: string;
  readonly runId: string;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

/** Keeps what was measured of logged models; a point that is there already is not kept twice. */
export async function insertModelMetrics(tx: SqlTransaction, metrics: readonly ModelMetric[]): Promise<void> {
  const columns = {
    model_id: 'text',
    name: 'text',
    run_id: 'text',
    dataset_name: 'text',
    dataset_digest: 'text',
    step: 'bigint',
    at: 'bigint',
    value: 'double precision',
    is_nan: 'bigint',
  } as const;
  const rows = metrics.map((metric) => {
    const isNan = Number.isNaN(metric.value);
    return [
      metric.modelId,
      metric.name,
      metric.runId,
      metric.datasetName ?? '',
      metric.datasetDigest ?? '',
      metric.step,
      metric.at,
      // -0 and 0 are one value to the database.
      isNan ? 0 : metric.value + 0,
      isNan ? 1 : 0,
    ];
  });
  await tx.forEachRow(
    columns,
    rows,
    ({ value, from }) => sql`
      insert into model_metrics (${sql.join(Object.keys(columns).map((column) => sql.ref(column)))})
      select ${sql.join(Object.keys(columns).map((column) => value(column)))} ${from}
      where true
      on conflict do nothing`,
  );
}

/** What was measured of logged models, in the order of name, run, step and time. Chunks of ids are the caller's: at most 1000. */
export async function metricsOfModels(
  reader: SqlReader,
  modelIds: readonly string[],
): Promise<readonly ModelMetric[]> {
  if (modelIds.length === 0) return [];
  const rows = await reader
    .query<Tables>()
    .selectFrom('model_metrics')
    .selectAll()
    .where('model_id', 'in', modelIds)
    .orderBy('model_id')
    .orderBy('name')
    .orderBy('run_id')
    .orderBy('step')
    .orderBy('at')
    .execute();
  return rows.map((row) => ({
    modelId: row.model_id,
    runId: row.run_id,
    name: row.name,
    step: row.step,
    at: row.at,
    value: row.is_nan === 1 ? Number.NaN : row.value,
    ...(row.dataset_name === '' ? {} : { datasetName: row.dataset_name }),
    ...(row.dataset_digest === '' ? {} : { datasetDigest: row.dataset_digest }),
  }));
}
