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
import type { LoggedModelMessage, RunMessage } from './rest-messages.ts';

export function runOf({ info, data = {}, inputs = {}, outputs = {} }: RunMessage, now: number): SourceRun {
  const deleted = info.lifecycle_stage === 'deleted';
  return {
    id: info.run_id,
    experimentKey: info.experiment_id,
    location: info.artifact_uri ?? '',
    status: runStatus(info.status),
    ...(info.user_id === undefined ? {} : { userName: info.user_id }),
    startedAt: info.start_time ?? 0,
    ...(info.end_time === undefined ? {} : { finishedAt: info.end_time }),
    deleted,
    ...(deleted ? { deletedAt: now } : {}),
    ...wordsOfRun(entriesOf(data.tags ?? []), info.run_name ?? ''),
    params: entriesOf(data.params ?? []),
    metrics: (data.metrics ?? []).map(({ key, value, timestamp = 0, step = 0 }) => ({
      name: key,
      latest: [step, timestamp, metricValue(value)],
    })),
    datasets: (inputs.dataset_inputs ?? []).map(({ dataset, tags = [] }) => {
      const entries = entriesOf(tags);
      const role = entryOf(entries, datasetContextTag);
      return {
        dataset: {
          name: dataset.name,
          digest: dataset.digest,
          sourceType: dataset.source_type ?? '',
          source: dataset.source ?? '',
          ...(dataset.schema === undefined ? {} : { schema: dataset.schema }),
          ...(dataset.profile === undefined ? {} : { profile: dataset.profile }),
        },
        ...(role === undefined ? {} : { context: role }),
        tags: entries,
      };
    }),
    modelInputs: (inputs.model_inputs ?? []).map(({ model_id }) => ({ modelId: model_id, step: 0 })),
    modelOutputs: (outputs.model_outputs ?? []).map(({ model_id, step = 0 }) => ({
      modelId: model_id,
      step,
    })),
  };
}

const statusNames = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
];

export function loggedModelOf({ info, data = {} }: LoggedModelMessage): SourceLoggedModel {
  return {
    id: info.model_id,
    experimentKey: info.experiment_id,
    location: info.artifact_uri ?? '',
    name: info.name,
    type: info.model_type ?? '',
    sourceRunId: info.source_run_id ? info.source_run_id : null,
    status: loggedModelStatuses[statusNames.indexOf(info.status ?? '')] ?? 'unspecified',
    createdAt: info.creation_timestamp_ms,
    updatedAt: info.last_updated_timestamp_ms,
    params: entriesOf(data.params ?? []),
    tags: entriesOf(info.tags ?? []),
    metrics: (data.metrics ?? []).map((metric) => ({
      name: metric.key,
      runId: metric.run_id ?? '',
      step: metric.step ?? 0,
      at: metric.timestamp ?? 0,
      value: metricValue(metric.value),
      ...(metric.dataset_name === undefined ? {} : { datasetName: metric.dataset_name }),
      ...(metric.dataset_digest === undefined ? {} : { datasetDigest: metric.dataset_digest }),
    })),
  };
}
