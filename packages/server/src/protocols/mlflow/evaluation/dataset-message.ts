import { createHash } from 'node:crypto';
import type { DatasetRecord, EvaluationDataset } from '../../../evaluation/index.ts';

/** `mlflow.datasets.Dataset`: what a data set is, without its records. */
export function datasetMessage(dataset: EvaluationDataset): Readonly<Record<string, unknown>> {
  const { fields } = dataset;
  return {
    dataset_id: dataset.id,
    name: dataset.name,
    tags: JSON.stringify(dataset.tags),
    schema: fields === undefined ? undefined : JSON.stringify({ ...fields, version: '1.0' }),
    profile: dataset.records === 0 ? undefined : JSON.stringify({ num_records: dataset.records }),
    digest: digestOf(dataset),
    created_time: dataset.createdAt,
    last_update_time: dataset.updatedAt,
    created_by: dataset.userName,
    last_updated_by: dataset.updatedUserName,
    experiment_ids: dataset.experiments.map(String),
  };
}

/** An entry of the list that `records` is the text of. */
export function recordMessage(datasetId: string, record: DatasetRecord): Readonly<Record<string, unknown>> {
  const { source } = record;
  const sourceId = source?.type === 'TRACE' ? source.data.trace_id : source?.data.source_id;
  return {
    dataset_record_id: record.id,
    dataset_id: datasetId,
    inputs: record.inputs,
    ...(record.outputs === null ? {} : { outputs: record.outputs }),
    ...(record.expectations === null ? {} : { expectations: record.expectations }),
    tags: record.tags,
    ...(source === undefined
      ? {}
      : { source: { source_type: source.type, source_data: source.data }, source_type: source.type }),
    ...(typeof sourceId === 'string' ? { source_id: sourceId } : {}),
    created_time: record.createdAt,
    last_update_time: record.updatedAt,
    ...(record.userName === undefined ? {} : { created_by: record.userName }),
    ...(record.updatedUserName === undefined ? {} : { last_updated_by: record.updatedUserName }),
  };
}

/** Another one after every change of the records: the first 8 characters of SHA-256 over name and time. */
function digestOf({ name, changedAt }: EvaluationDataset): string {
  return createHash('sha256').update(`${name}:${changedAt}`).digest('hex').slice(0, 8);
}
