import type { DatasetInput, RunHead, RunRecord } from '../../../tracking/index.ts';
import { numberToWire } from '../number-to-wire.ts';
import { wireStatuses, wordTags } from './run-words.ts';

/** What the parts of an entry are called on this wire. */
export const entryKeys = { name: 'key', value: 'value', at: 'timestamp', step: 'step' } as const;

/** What was printed of records, which stay the same objects for as long as nothing of their runs has changed. */
const printed = new WeakMap<RunRecord, string>();

/** A run as the JSON of a `mlflow.protos.service.Run`. */
export function runJson(run: RunRecord): string {
  const known = printed.get(run);
  if (known !== undefined) return known;
  const json = printRun(run);
  printed.set(run, json);
  return json;
}

function printRun(run: RunRecord): string {
  const { datasets, models } = run;
  const data = [
    ...(run.metrics === '[]' ? [] : [`"metrics":${run.metrics}`]),
    ...(run.params === '[]' ? [] : [`"params":${run.params}`]),
    `"tags":${withItems(run.tags, wordMessages(run))}`,
  ];
  const inputs = {
    ...(datasets.length === 0 ? {} : { dataset_inputs: datasets.map(datasetInput) }),
    ...(models.inputs.length === 0
      ? {}
      : { model_inputs: models.inputs.map(({ modelId }) => ({ model_id: modelId })) }),
  };
  const outputs =
    models.outputs.length === 0
      ? {}
      : { model_outputs: models.outputs.map(({ modelId, step }) => ({ model_id: modelId, step })) };
  return `{"info":${JSON.stringify(runInfo(run))},"data":{${data.join(',')}},"inputs":${JSON.stringify(inputs)},"outputs":${JSON.stringify(outputs)}}`;
}

/** A run that has just begun: nothing is known of it but its head and its tags. */
export function newRunMessage(run: RunHead, tags: Readonly<Record<string, string>>) {
  const entries = Object.entries(tags).map(([key, value]) => ({ key, value }));
  return { info: runInfo(run), data: { tags: [...entries, ...wordMessages(run)] }, inputs: {}, outputs: {} };
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

/** What the run says of itself, beside its tags. */
function wordMessages(run: RunHead) {
  const messages: { readonly key: string; readonly value: string }[] = [];
  if (run.name !== '') messages.push({ key: wordTags.name, value: run.name });
  if (run.note !== '') messages.push({ key: wordTags.note, value: run.note });
  if (run.parentRunId !== undefined) messages.push({ key: wordTags.parentRunId, value: run.parentRunId });
  return messages;
}

/** The text of a JSON list with more items behind. */
export function withItems(list: string, items: readonly unknown[]): string {
  if (items.length === 0) return list;
  const more = JSON.stringify(items);
  return list === '[]' ? more : `${list.slice(0, -1)},${more.slice(1)}`;
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
