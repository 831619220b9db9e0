import { EsteiraError } from '../../../kernel/errors.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { RegistryService } from '../../../registry/index.ts';
import type { LoggedModelRecord, LoggedModels, Tracking } from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, MlflowError, missingParameter } from '../mlflow-error.ts';
import { type Call, type Rpc, rpc } from '../rpc.ts';
import {
  experimentIdOf,
  experimentIdsOf,
  experimentOf,
  readExperimentNumber,
} from '../tracking/experiment-of.ts';
import { randomName } from '../tracking/random-name.ts';
import { readLoggedModelFilter, readLoggedModelOrder } from './logged-model-filter.ts';
import { loggedModelToWire, readStatus } from './logged-model-words.ts';

export interface LoggedModelWireDeps {
  readonly loggedModels: LoggedModels;
  readonly registry: RegistryService;
  readonly tracking: Tracking;
  readonly random: RandomSource;
}

const defaultResults = 100;
/** More are given in further pages. */
const mostResults = 1000;
const longest = { name: 500, type: 500, id: 256, key: 255, value: 100_000 };

/** Models that were logged: made, described, found, finished and deleted. */
export function loggedModelRoutes(deps: LoggedModelWireDeps): readonly WireRoute[] {
  const { loggedModels, registry, tracking } = deps;

  async function shown(workspace: string, models: readonly LoggedModelRecord[]) {
    const ids = models.map(({ id }) => id);
    const registrations = Map.groupBy(
      await registry.registrationsOf(workspace, ids),
      ({ loggedModelId }) => loggedModelId ?? '',
    );
    return models.map((model) => loggedModelToWire(model, registrations.get(model.id) ?? []));
  }

  async function one(workspace: string, model: LoggedModelRecord) {
    const [wire] = await shown(workspace, [model]);
    return { model: wire };
  }

  return [
    ...modelRpc({
      method: 'POST',
      path: '/mlflow/logged-models',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const experiment = await experimentOf(tracking, context, experimentIdOf(fields));
        const made = await loggedModels.create(context, {
          experimentNumber: experiment.number,
          name: readName(fields) ?? randomName(deps.random),
          type: readText(fields, 'model_type', longest.type),
          sourceRunId: readText(fields, 'source_run_id', longest.id) || null,
          params: readEntries(fields, 'params'),
          tags: readEntries(fields, 'tags'),
        });
        return await one(context.workspace, made);
      },
    }),
    ...modelRpc({
      method: 'POST',
      path: '/mlflow/logged-models/search',
      access: 'tracking:read',
      async answer(call) {
        const { workspace } = call.context;
        const { items, nextCursor } = await loggedModels.search(workspace, await readSearch(call));
        return {
          models: await shown(workspace, items),
          ...(nextCursor === undefined ? {} : { next_page_token: nextCursor }),
        };
      },
    }),
    ...modelRpc({
      method: 'GET',
      path: '/mlflow/logged-models/:model_id',
      access: 'tracking:read',
      async answer({ fields, context: { workspace } }) {
        const deletedToo = fields.optionalText('allow_deleted')?.toLowerCase() === 'true';
        const id = fields.text('model_id');
        return await one(workspace, await loggedModels.show(workspace, id, deletedToo ? 'all' : 'standing'));
      },
    }),
    ...modelRpc({
      method: 'PATCH',
      path: '/mlflow/logged-models/:model_id',
      access: 'tracking:write',
      answer: async ({ fields, context }) =>
        await one(
          context.workspace,
          await loggedModels.finish(context, fields.text('model_id'), readStatus(fields)),
        ),
    }),
    ...modelRpc({
      method: 'DELETE',
      path: '/mlflow/logged-models/:model_id',
      access: 'tracking:write',
      answer: ({ fields, context }) => loggedModels.remove(context, fields.text('model_id')),
    }),
    ...modelRpc({
      method: 'PATCH',
      path: '/mlflow/logged-models/:model_id/tags',
      access: 'tracking:write',
      answer: ({ fields, context }) =>
        loggedModels.setTags(context, fields.text('model_id'), readEntries(fields, 'tags')),
    }),
    ...modelRpc({
      method: 'DELETE',
      path: '/mlflow/logged-models/:model_id/tags/:tag_key',
      access: 'tracking:write',
      async answer({ fields, context }) {
        const id = fields.text('model_id');
        const key = fields.text('tag_key');
        if (await loggedModels.deleteTag(context, id, key)) return;
        throw new MlflowError(
          'RESOURCE_DOES_NOT_EXIST',
          `No tag with key '${key}' found for model with ID '${id}'.`,
        );
      },
    }),
    ...modelRpc({
      method: 'POST',
      path: '/mlflow/logged-models/:model_id/params',
      access: 'tracking:write',
      answer: ({ fields, context }) =>
        loggedModels.addParams(context, fields.text('model_id'), readEntries(fields, 'params')),
    }),
  ];

  async function readSearch({ fields, context }: Call) {
    const wireIds = experimentIdsOf(fields);
    if (!fields.has('experiment_ids')) throw missingParameter('experiment_ids');
    const experiments = await tracking.reader.experimentsByNumber(
      context.workspace,
      wireIds.map(readExperimentNumber),
    );
    const datasets = fields.messages('datasets').map((dataset) => {
      const name = dataset.optionalText('dataset_name');
      if (!name) throw invalidParameter('`dataset_name` in the `datasets` clause must be specified.');
      return { name, digest: dataset.optionalText('dataset_digest') || undefined };
    });
    const asked = fields.optionalInteger('max_results') || defaultResults;
    if (asked < 1)
      throw fields.refuse('max_results', `It must be a positive integer, but got value ${asked}`);
    return {
      experimentIds: experiments.map(({ id }) => id),
      conditions: readLoggedModelFilter(fields.optionalText('filter') ?? ''),
      datasets,
      orders: fields.messages('order_by').map(readLoggedModelOrder),
      limit: Math.min(asked, mostResults),
      cursor: fields.optionalText('page_token') || undefined,
    };
  }
}

/** A call about logged models: what is not there is told in the words that clients look for. */
function modelRpc(call: Omit<Rpc, 'version'>): readonly WireRoute[] {
  return rpc({ ...call, version: '2.0', retell: toldAsMlflow });
}

function toldAsMlflow(error: unknown): unknown {
  if (!(error instanceof EsteiraError) || error.code !== 'LOGGED_MODEL_NOT_FOUND') return error;
  const id = String(error.details.id);
  return new MlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id}' not found.`);
}

/** The name of a new model; undefined when it has none. */
function readName(fields: Fields): string | undefined {
  const name = fields.optionalText('name');
  if (name === undefined || name === '') return undefined;
  if (/[/:.%"']/.test(name)) {
    throw invalidParameter(
      `Invalid model name ('${name.slice(0, 200)}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  }
  return readText(fields, 'name', longest.name);
}

function readText(fields: Fields, name: string, limit: number): string {
  const text = fields.optionalText(name) ?? '';
  if (text.length > limit)
    throw invalidParameter(`'${name}' exceeds the maximum length of ${limit} characters`);
  if (text.includes('\0') || !text.isWellFormed())
    throw fields.refuse(name, 'A text holds whole characters, and no NUL');
  return text;
}

/** Of a key that is given twice, the last value holds. */
function readEntries(fields: Fields, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    fields.messages(name).map((entry) => {
      entry.text('key');
      return [readText(entry, 'key', longest.key), readText(entry, 'value', longest.value)] as const;
    }),
  );
}
