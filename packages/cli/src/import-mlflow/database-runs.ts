import type { ImportedRun } from '@esteira/contracts';
import type { SourceLoggedModel, SourceRun } from './mlflow-source.ts';
import {
  datasetContextTag,
  entriesOf,
  entryOf,
  loggedModelStatuses,
  metricValue,
  runStatus,
  wordsOfRun,
} from './mlflow-words.ts';
import { marks, pairsIn, rowsOf } from './rows-of.ts';
import { type SourceDatabase, type SourceRow, sourceWorkspace } from './source-database.ts';

const pageSize = 250;

/** All runs with all that is logged into them but their histories, by id. */
export async function* readRuns(database: SourceDatabase, now: number): AsyncIterable<readonly SourceRun[]> {
  for (let last = ''; ; ) {
    const rows = await database.rows(
      `select runs.*, experiments.lifecycle_stage as experiment_stage from runs
       inner join experiments on experiments.experiment_id = runs.experiment_id
       where workspace = ? and run_uuid > ? order by run_uuid limit ${pageSize}`,
      [sourceWorkspace, last],
    );
    if (rows.length === 0) return;
    yield await completeRuns(database, rows, now);
    last = String(rows.at(-1)?.run_uuid);
  }
}

async function completeRuns(
  database: SourceDatabase,
  rows: readonly SourceRow[],
  now: number,
): Promise<readonly SourceRun[]> {
  const ids = rows.map(({ run_uuid }) => String(run_uuid));
  const of = (columns: string, table: string) => rowsOf(database, columns, table, 'run_uuid', ids);
  const params = await of('key, value', 'params');
  const tags = await of('key, value', 'tags');
  const latest = await of('key, value, timestamp, step, cast(is_nan as integer) as nan', 'latest_metrics');
  const datasets = await datasetsOf(database, ids);
  const models = Map.groupBy(
    await database.rows(
      `select source_id, source_type, destination_id, step from inputs
       where source_type in ('RUN_INPUT', 'RUN_OUTPUT') and source_id in (${marks(ids)})`,
      ids,
    ),
    ({ source_id }) => String(source_id),
  );
  return rows.map((row) => {
    const id = String(row.run_uuid);
    const own = models.get(id) ?? [];
    const modelsAs = (type: string) =>
      own
        .filter(({ source_type }) => source_type === type)
        .map(({ destination_id, step }) => ({ modelId: String(destination_id), step: Number(step) }));
    const deleted = row.lifecycle_stage === 'deleted' || row.experiment_stage === 'deleted';
    return {
      id,
      experimentKey: String(row.experiment_id),
      location: String(row.artifact_uri ?? ''),
      status: runStatus(String(row.status)),
      ...(row.user_id === null ? {} : { userName: String(row.user_id) }),
      startedAt: Number(row.start_time ?? 0),
      ...(row.end_time === null ? {} : { finishedAt: Number(row.end_time) }),
      deleted,
      ...(deleted ? { deletedAt: Number(row.deleted_time ?? now) } : {}),
      ...wordsOfRun(entriesOf(pairsIn(tags.get(id))), String(row.name ?? '')),
      params: entriesOf(pairsIn(params.get(id))),
      metrics: (latest.get(id) ?? []).map(({ key, value, timestamp, step, nan }) => ({
        name: String(key),
        latest: [Number(step), Number(timestamp), Number(nan) === 1 ? 'NaN' : metricValue(Number(value))],
      })),
      datasets: datasets.get(id) ?? [],
      modelInputs: modelsAs('RUN_INPUT'),
      modelOutputs: modelsAs('RUN_OUTPUT'),
    };
  });
}

async function datasetsOf(
  database: SourceDatabase,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, NonNullable<ImportedRun['datasets']>>> {
  const rows = await database.rows(
    `select inputs.input_uuid, inputs.destination_id, datasets.* from inputs
     inner join datasets on datasets.dataset_uuid = inputs.source_id
     where inputs.source_type = 'DATASET' and inputs.destination_type = 'RUN'
       and inputs.destination_id in (${marks(runIds)})`,
    runIds,
  );
  const inputIds = rows.map(({ input_uuid }) => String(input_uuid));
  const tags = new Map<string, SourceRow[]>();
  for (let start = 0; start < inputIds.length; start += pageSize) {
    const some = inputIds.slice(start, start + pageSize);
    const found = await database.rows(
      `select input_uuid, name as key, value from input_tags where input_uuid in (${marks(some)})`,
      some,
    );
    for (const row of found) {
      const own = tags.get(String(row.input_uuid)) ?? [];
      own.push(row);
      tags.set(String(row.input_uuid), own);
    }
  }
  const byRun = new Map<string, NonNullable<ImportedRun['datasets']>>();
  for (const row of rows) {
    const own = byRun.get(String(row.destination_id)) ?? [];
    const entries = entriesOf(pairsIn(tags.get(String(row.input_uuid))));
    const role = entryOf(entries, datasetContextTag);
    own.push({
      dataset: {
        name: String(row.name),
        digest: String(row.digest),
        sourceType: String(row.dataset_source_type),
        source: String(row.dataset_source),
        ...(row.dataset_schema === null ? {} : { schema: String(row.dataset_schema) }),
        ...(row.dataset_profile === null ? {} : { profile: String(row.dataset_profile) }),
      },
      ...(role === undefined ? {} : { context: role }),
      tags: entries,
    });
    byRun.set(String(row.destination_id), own);
  }
  return byRun;
}

/** All logged models, by id. */
export async function* readLoggedModels(
  database: SourceDatabase,
): AsyncIterable<readonly SourceLoggedModel[]> {
  for (let last = ''; ; ) {
    const rows = await database.rows(
      `select logged_models.* from logged_models
       inner join experiments on experiments.experiment_id = logged_models.experiment_id
       where workspace = ? and model_id > ? order by model_id limit ${pageSize}`,
      [sourceWorkspace, last],
    );
    if (rows.length === 0) return;
    const ids = rows.map(({ model_id }) => String(model_id));
    const of = (columns: string, table: string) => rowsOf(database, columns, table, 'model_id', ids);
    const params = await of('param_key as key, param_value as value', 'logged_model_params');
    const tags = await of('tag_key as key, tag_value as value', 'logged_model_tags');
    const metrics = await of('*', 'logged_model_metrics');
    yield rows.map((row) => {
      const id = String(row.model_id);
      const updatedAt = Number(row.last_updated_timestamp_ms);
      return {
        id,
        experimentKey: String(row.experiment_id),
        location: String(row.artifact_location),
        name: String(row.name),
        type: String(row.model_type ?? ''),
        sourceRunId: row.source_run_id === null ? null : String(row.source_run_id),
        status: loggedModelStatuses[Number(row.status)] ?? 'unspecified',
        createdAt: Number(row.creation_timestamp_ms),
        updatedAt,
        ...(row.lifecycle_stage === 'deleted' ? { deletedAt: updatedAt } : {}),
        params: entriesOf(pairsIn(params.get(id))),
        tags: entriesOf(pairsIn(tags.get(id))),
        metrics: (metrics.get(id) ?? []).map((metric) => ({
          name: String(metric.metric_name),
          runId: String(metric.run_id),
          step: Number(metric.metric_step),
          at: Number(metric.metric_timestamp_ms),
          value: metricValue(metric.metric_value === null ? null : Number(metric.metric_value)),
          ...(metric.dataset_name === null ? {} : { datasetName: String(metric.dataset_name) }),
          ...(metric.dataset_digest === null ? {} : { datasetDigest: String(metric.dataset_digest) }),
        })),
      };
    });
    last = ids.at(-1) ?? last;
  }
}
