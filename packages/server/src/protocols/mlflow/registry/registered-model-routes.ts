import type { RegisteredModel } from '@esteira/contracts';
import { EsteiraError } from '../../../kernel/errors.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { RegistryService } from '../../../registry/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter, MlflowError } from '../mlflow-error.ts';
import type { Call } from '../rpc.ts';
import { saysPrompt } from './prompt-tag.ts';
import {
  readAlias,
  readDescription,
  readMaxResults,
  readModelName,
  readTagKey,
  readTags,
  readTagValue,
  readVersionNumber,
  toStage,
} from './registry-checks.ts';
import { readModelFilter, readModelOrder } from './registry-filter.ts';
import { modelNotFound, registryRpc, versionNotFound } from './registry-rpc.ts';
import { modelToWire, versionToWire } from './registry-words.ts';

/** Registered models, their tags and aliases. Prompts are registered models with a tag that says so. */
export function registeredModelRoutes(registry: RegistryService): readonly WireRoute[] {
  async function shown(workspace: string, model: RegisteredModel) {
    return { registered_model: modelToWire(model, await registry.newestVersions(workspace, [model.name])) };
  }

  async function existing(workspace: string, name: string): Promise<RegisteredModel> {
    const model = await registry.findModel(workspace, name);
    if (model === undefined) throw modelNotFound(name);
    return model;
  }

  async function newest({ fields, context: { workspace } }: Call) {
    const name = readModelName(fields);
    const stages = fields.texts('stages').map(toStage);
    await existing(workspace, name);
    const versions = await registry.newestVersions(
      workspace,
      [name],
      stages.length === 0 ? undefined : stages,
    );
    return { model_versions: versions.map(versionToWire) };
  }

  return [
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/registered-models/create',
      access: 'registry:write',
      async answer({ fields, context }) {
        const name = readModelName(fields);
        const tags = readTags(fields);
        try {
          const model = { name, tags, description: readDescription(fields) };
          return await shown(context.workspace, await registry.createModel(context, model));
        } catch (error) {
          if (!(error instanceof EsteiraError) || error.code !== 'MODEL_NAME_TAKEN') throw error;
          const known = await registry.findModel(context.workspace, name);
          throw nameTaken(name, saysPrompt(tags) ? 'prompt' : 'model', known?.kind ?? 'model');
        }
      },
    }),
    ...registryRpc({
      method: 'GET',
      path: '/mlflow/registered-models/get',
      access: 'registry:read',
      answer: async ({ fields, context: { workspace } }) =>
        await shown(workspace, await existing(workspace, readModelName(fields))),
    }),
    ...registryRpc({
      method: 'PATCH',
      path: '/mlflow/registered-models/update',
      access: 'registry:write',
      async answer({ fields, context }) {
        const described = await registry.describeModel(
          context,
          readModelName(fields),
          readDescription(fields),
        );
        return await shown(context.workspace, described);
      },
    }),
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/registered-models/rename',
      access: 'registry:write',
      async answer({ fields, context }) {
        const model = readModelName(fields);
        const newName = readModelName(fields, 'new_name');
        await registry.moveLabel(context, { action: 'rename-model', model, newName });
        return await shown(context.workspace, await existing(context.workspace, newName));
      },
    }),
    ...registryRpc({
      method: 'DELETE',
      path: '/mlflow/registered-models/delete',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.moveLabel(context, { action: 'delete-model', model: readModelName(fields) }),
    }),
    ...registryRpc({
      method: 'GET',
      path: '/mlflow/registered-models/search',
      access: 'registry:read',
      async answer({ fields, context: { workspace } }) {
        const { items, nextCursor } = await registry.searchModels(workspace, {
          ...readModelFilter(fields.optionalText('filter') ?? ''),
          order: readModelOrder(fields.texts('order_by')),
          limit: readMaxResults(fields, 100, 1000),
          cursor: readPageToken(fields),
        });
        const latest = Map.groupBy(
          await registry.newestVersions(
            workspace,
            items.map(({ name }) => name),
          ),
          ({ model }) => model,
        );
        return {
          registered_models: items.map((model) => modelToWire(model, latest.get(model.name) ?? [])),
          ...(nextCursor === undefined ? {} : { next_page_token: nextCursor }),
        };
      },
    }),
    // Clients ask by POST and, of a server that does not know it, by GET.
    ...(['POST', 'GET'] as const).flatMap((method) =>
      registryRpc({
        method,
        path: '/mlflow/registered-models/get-latest-versions',
        access: 'registry:read',
        answer: newest,
      }),
    ),
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/registered-models/set-tag',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.setModelTag(context, {
          model: readModelName(fields),
          name: readTagKey(fields),
          value: readTagValue(fields),
        }),
    }),
    ...registryRpc({
      method: 'DELETE',
      path: '/mlflow/registered-models/delete-tag',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.deleteModelTag(context, { model: readModelName(fields), name: readTagKey(fields) }),
    }),
    ...registryRpc({
      method: 'POST',
      path: '/mlflow/registered-models/alias',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.moveLabel(context, {
          action: 'set-alias',
          model: readModelName(fields),
          alias: readAlias(fields, 'set'),
          version: readVersionNumber(fields),
        }),
    }),
    ...registryRpc({
      method: 'DELETE',
      path: '/mlflow/registered-models/alias',
      access: 'registry:write',
      answer: ({ fields, context }) =>
        registry.moveLabel(context, {
          action: 'delete-alias',
          model: readModelName(fields),
          alias: readAlias(fields, 'find'),
        }),
    }),
    ...registryRpc({
      method: 'GET',
      path: '/mlflow/registered-models/alias',
      access: 'registry:read',
      async answer({ fields, context: { workspace } }) {
        const name = readModelName(fields);
        const alias = readAlias(fields, 'find');
        const model = await existing(workspace, name);
        const isLatest = alias.toLowerCase() === 'latest';
        const found = isLatest
          ? await registry.resolveVersion(workspace, name, String(model.latestVersion))
          : await registry.versionOfAlias(workspace, name, alias);
        if (found !== undefined) return { model_version: versionToWire(found) };
        if (isLatest) throw versionNotFound(name, alias);
        throw invalidParameter(`Registered model alias ${alias} not found.`);
      },
    }),
  ];
}

/** The place of a next page, as it was given out. */
export function readPageToken(fields: Fields): string | undefined {
  return fields.optionalText('page_token') || undefined;
}

function nameTaken(name: string, asked: 'model' | 'prompt', known: 'model' | 'prompt'): MlflowError {
  const words = { model: 'Registered Model', prompt: 'Prompt' };
  const message =
    asked === known
      ? `${words[asked]} (name=${name}) already exists.`
      : `Tried to create a ${words[asked].toLowerCase()} with name '${name}', but the name is already taken by a ${words[known].toLowerCase()}. A model and a prompt cannot have the same name.`;
  return new MlflowError('RESOURCE_ALREADY_EXISTS', message);
}
