import { registryApi } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { RegistryService } from './registry-service.ts';

export function createRegistryRoutes(registry: RegistryService): readonly RouteBinding[] {
  return [
    bindRoute(registryApi.createModel, ({ body }, context) => registry.createModel(context, body)),

    bindRoute(registryApi.models, async ({ query }, context) => {
      const after = readCursor(query.cursor);
      const items = await registry.listModels(context.workspace, {
        project: query.project,
        after: after === undefined ? undefined : String(after),
        limit: query.limit,
      });
      return {
        items: [...items],
        ...nextCursor(items.length === query.limit ? items.at(-1)?.name : undefined),
      };
    }),

    bindRoute(registryApi.model, async ({ params }, context) => {
      const model = await registry.findModel(context.workspace, params.name);
      if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name: params.name });
      return model;
    }),

    bindRoute(registryApi.registerVersion, ({ params, body }, context) =>
      registry.register(context, { model: params.name, ...body }),
    ),

    bindRoute(registryApi.versions, async ({ params, query }, context) => {
      const before = readCursor(query.cursor);
      const filter = {
        model: params.name,
        before: before === undefined ? undefined : Number(before),
        limit: query.limit,
      };
      const items = await registry.listVersions(context.workspace, filter);
      return {
        items: [...items],
        ...nextCursor(items.length === query.limit ? items.at(-1)?.version : undefined),
      };
    }),

    bindRoute(registryApi.version, async ({ params }, context) => {
      const version = await registry.resolveVersion(context.workspace, params.name, params.version);
      if (version === undefined) {
        throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: `${params.name} ${params.version}` });
      }
      return version;
    }),

    bindRoute(registryApi.versionById, async ({ params }, context) => {
      const version = await registry.findVersion(context.workspace, params.id);
      if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: params.id });
      return version;
    }),

    bindRoute(registryApi.setAlias, ({ params, body }, context) =>
      registry.setAlias(context, { model: params.name, alias: params.alias, version: body.version }),
    ),
  ];
}

function readCursor(cursor: string | undefined): string | number | undefined {
  if (cursor === undefined) return undefined;
  const key = decodeCursor(cursor)?.[0];
  if (key === undefined)
    throw esteiraError('INVALID_REQUEST', { problem: 'the cursor is not one of this list' });
  return key;
}

function nextCursor(key: string | number | undefined): { nextCursor?: string } {
  return key === undefined ? {} : { nextCursor: encodeCursor([key]) };
}
