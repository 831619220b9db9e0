import type { DatasetInput, RunHead, RunRecord } from '../../../tracking/index.ts';
import { numberToWire } from '../number-to-wire.ts';
import { wireStatuses, wordTags } from './run-words.ts';

/** A run as `mlflow.protos.service.Run`. */
export function runMessage(run: RunRecord) {
  const { datasets, models } = run;
  return {
    info: runInfo(run),
    data: {
      ...(run.metrics.length === 0 ? {} : { metrics: run.metrics.map(metricMessage) }),
      ...(run.params.length === 0 ? {} : { params: run.params.map(entryMessage) }),
      tags: tagMessages(run, run.tags),
    },
    inputs: {
      ...(datasets.length === 0 ? {} : { dataset_inputs: datasets.map(datasetInput) }),
      ...(models.inputs.length === 0
        ? {}
        : { model_inputs: models.inputs.map(({ modelId }) => ({ model_id: modelId })) }),
    },
    outputs:
      models.outputs.length === 0
        ? {}
        : { model_outputs: models.outputs.map(({ modelId, step }) => ({ model_id: modelId, step })) },
  };
}

/** A run that has just begun: nothing is known of it but its head and its tags. */
export function newRunMessage(run: RunHead, tags: Readonly<Record<string, string>>) {
  const entries = Object.entries(tags).map(([name, value]) => ({ name, value }));
  return { info: runInfo(run), data: { tags: tagMessages(run, entries) }, inputs: {}, outputs: {} };
}

export function runInfo(run: RunHead) {
  return {
    run_uuid: run.id,
    experiment_id: String(run.experimentNumber),
    run_name: run.name,
    user_id: run.userName ?? run.createdBy,
    status: wireStatuses[run.status],
    start_time: run.startedAt,
    ...(run.finishedAt === undefined ? {} : { end_time: run.finishedAt }),
    artifact_uri: run.artifactLocation,
    lifecycle_stage: run.deletedAt === undefined && !run.experimentDeleted ? 'active' : 'deleted',
    run_id: run.id,
  };
}

interface Point {
  readonly name: string;
  readonly value: number;
  readonly at: number;
  readonly step: number;
}

export function metricMessage({ name, value, at, step }: Point) {
  return { key: name, value: numberToWire(value), timestamp: at, step };
}

interface NamedValue {
  readonly name: string;
  readonly value: string;
}

function entryMessage({ name, value }: NamedValue) {
  return { key: name, value };
}

/** What the run says of itself, then its tags. */
function tagMessages(run: RunHead, tags: readonly NamedValue[]) {
  const messages = tags.map(entryMessage);
  if (run.name !== '') messages.push({ key: wordTags.name, value: run.name });
  if (run.note !== '') messages.push({ key: wordTags.note, value: run.note });
  if (run.parentRunId !== undefined) messages.push({ key: wordTags.parentRunId, value: run.parentRunId });
  return messages;
}

function datasetInput({ dataset, tags }: DatasetInput) {
  return {
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    dataset: {
      name: dataset.name,
      digest: dataset.digest,
      source_type: dataset.sourceType,
      source: dataset.source,
      ...(dataset.schema === undefined ? {} : { schema: dataset.schema }),
      ...(dataset.profile === undefined ? {} : { profile: dataset.profile }),
    },
  };
}
