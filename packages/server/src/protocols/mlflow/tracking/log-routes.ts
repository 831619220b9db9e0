import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { DatasetInput, RunModel, Tracking } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';
import { checkKey, checkLength, cutTo, limits } from './entry-rules.ts';
import { readBatch, readMetric } from './read-batch.ts';
import { readEntries } from './read-entries.ts';
import { runIdOf } from './run-id.ts';
import { splitTags, wordTags } from './run-words.ts';

/** What is logged into a run. */
export function logRoutes({ tracking }: { readonly tracking: Tracking }): readonly WireRoute[] {
  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/log-metric',
      access: 'tracking:write',
      answer: ({ fields, context }) =>
        tracking.log(context, runIdOf(fields), { metrics: [readMetric(fields, 'name')] }),
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/log-parameter',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        const key = fields.text('key');
        checkKey(key, 'key');
        const value = cutTo(fields.optionalText('value') ?? '', limits.paramValue);
        await tracking.log(context, runId, { params: { [key]: value } });
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/log-batch',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        await tracking.log(context, runId, readBatch(fields));
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/set-tag',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        const key = fields.text('key');
        checkKey(key, 'key');
        const value = cutTo(fields.optionalText('value') ?? '', limits.tagValue);
        const { words, tags } = splitTags({ [key]: value });
        await tracking.log(context, runId, { ...words, tags });
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/delete-tag',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        const key = fields.text('key');
        const deleted = isWord(key)
          ? await deleteWord(tracking, context, runId, key)
          : await tracking.deleteTag(context, runId, key);
        if (!deleted) {
          throw new MlflowError(
            'RESOURCE_DOES_NOT_EXIST',
            `No tag with name: ${key.slice(0, limits.key)} in run with id ${runId}`,
          );
        }
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/log-inputs',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        const datasets = fields.messages('datasets');
        const models = fields.messages('models');
        if (datasets.length + models.length > mostInputs)
          throw invalidParameter(`A request can contain at most ${mostInputs} inputs.`);
        await tracking.log(context, runId, {
          datasets: datasets.map(readDatasetInput),
          modelInputs: models.map(readModel),
        });
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/outputs',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        const models = fields.messages('models');
        if (models.length === 0) throw missing('models');
        if (models.length > mostInputs)
          throw invalidParameter(`A request can contain at most ${mostInputs} outputs.`);
        await tracking.log(context, runId, { modelOutputs: models.map(readModel) });
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: '/mlflow/runs/log-model',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const runId = runIdOf(fields);
        await tracking.appendToTag(context, runId, modelHistory, readModelJson(fields.text('model_json')));
      },
    }),
  ];
}

const mostInputs = 1_000;
const modelHistory = 'mlflow.log-model.history';
const datasetContext = 'mlflow.data.context';

type Word = 'note' | 'parentRunId' | 'name';
type Context = Parameters<Tracking['updateRun']>[0];

function isWord(key: string): boolean {
  return Object.values<string>(wordTags).includes(key);
}

/** A run always has a name; a note and a parent go. False when there is none. */
async function deleteWord(
  tracking: Tracking,
  context: Context,
  runId: string,
  key: string,
): Promise<boolean> {
  const run = await tracking.reader.find(context.workspace, runId);
  const word: Word = key === wordTags.note ? 'note' : key === wordTags.parentRunId ? 'parentRunId' : 'name';
  if (word === 'name') return run?.name !== '';
  if (run !== undefined && (run[word] ?? '') === '') return false;
  await tracking.updateRun(context, runId, word === 'note' ? { note: '' } : { parentRunId: null });
  return true;
}

function readDatasetInput(input: Fields): DatasetInput {
  const dataset = input.optionalMessage('dataset');
  if (dataset === undefined) throw invalidParameter('Dataset cannot be None');
  const schema = dataset.optionalText('schema');
  const profile = dataset.optionalText('profile');
  const read = {
    name: dataset.text('name'),
    digest: dataset.text('digest'),
    sourceType: dataset.text('source_type'),
    source: dataset.text('source'),
    ...(schema === undefined ? {} : { schema }),
    ...(profile === undefined ? {} : { profile }),
  };
  checkLength(read.name, 500, 'name');
  checkLength(read.digest, 36, 'digest');
  checkLength(read.source, 65_535, 'source');
  checkLength(schema ?? '', 1_048_575, 'schema');
  checkLength(profile ?? '', 16_777_215, 'profile');
  const tags = new Map<string, string>();
  for (const { key, value } of readEntries(input, 'tags')) {
    checkLength(key, 255, 'key');
    checkLength(value, 500, 'value');
    tags.set(key, value);
  }
  const context = tags.get(datasetContext);
  return { dataset: read, ...(context === undefined ? {} : { context }), tags: Object.fromEntries(tags) };
}

function readModel(model: Fields): RunModel {
  const modelId = model.text('model_id');
  checkLength(modelId, 255, 'model_id');
  return { modelId, step: model.optionalInteger('step') ?? 0 };
}

/** What older clients tell of a model they logged. */
function readModelJson(text: string): unknown {
  const model = parseObject(text);
  if (model === undefined)
    throw invalidParameter(`Malformed model info. \n ${text.slice(0, 500)} \n is not a valid JSON.`);
  const absent = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'].filter(
    (name) => !(name in model),
  );
  if (absent.length > 0)
    throw invalidParameter(
      `Model json is missing mandatory fields: {${absent.map((name) => `'${name}'`).join(', ')}}`,
    );
  return model;
}

function parseObject(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function missing(name: string): MlflowError {
  return invalidParameter(
    `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
  );
}
