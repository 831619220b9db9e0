import { registryApi } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesByKey, pagesByName } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { RegistryService } from './registry-service.ts';

const modelPages = pagesByName('models');
const versionPages = pagesByKey('model-versions', ['number'], (version: { readonly version: number }) => [
  version.version,
]);

export function createRegistryRoutes(registry: RegistryService): readonly RouteBinding[] {
  return [
    bindRoute(registryApi.createModel, ({ body }, context) => registry.createModel(context, body)),

    bindRoute(registryApi.models, async ({ query }, context) => {
      const { project, cursor, limit } = query;
      const filter = { project, ...modelPages.after(cursor), limit: limit + 1 };
      return modelPages.of(await registry.listModels(context.workspace, filter), limit);
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
      const { cursor, limit } = query;
      const [before] = versionPages.keyBehind(cursor) ?? [];
      const filter = { model: params.name, before, limit: limit + 1 };
      return versionPages.of(await registry.listVersions(context.workspace, filter), limit);
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
