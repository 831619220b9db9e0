import { registryApi } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesByKey, pagesByName } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { RegistryService } from './registry-service.ts';
import { showVersion } from './show-version.ts';

const modelPages = pagesByName('models');
const versionPages = pagesByKey('model-versions', ['number'], (version: { readonly version: number }) => [
  version.version,
]);

export function createRegistryRoutes(registry: RegistryService): readonly RouteBinding[] {
  async function requireModel({ workspace }: RequestContext, name: string) {
    const model = await registry.findModel(workspace, name);
    if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name });
    return model;
  }

  async function requireVersion({ workspace }: RequestContext, params: { name: string; version: string }) {
    const version = await registry.resolveVersion(workspace, params.name, params.version);
    if (version === undefined)
      throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: `${params.name} ${params.version}` });
    return version;
  }

  return [
    bindRoute(registryApi.createModel, ({ body }, context) => registry.createModel(context, body)),

    bindRoute(registryApi.models, async ({ query }, context) => {
      const { kind, project, cursor, limit } = query;
      const filter = { kind, project, ...modelPages.after(cursor), limit: limit + 1 };
      return modelPages.of(await registry.listModels(context.workspace, filter), limit);
    }),

    bindRoute(registryApi.model, ({ params }, context) => requireModel(context, params.name)),

    bindRoute(registryApi.renameModel, async ({ params, body }, context) => {
      await registry.moveLabel(context, { action: 'rename-model', model: params.name, newName: body.name });
      return await requireModel(context, body.name);
    }),

    bindRoute(registryApi.deleteModel, async ({ params }, context) => {
      await registry.moveLabel(context, { action: 'delete-model', model: params.name });
      return {};
    }),

    bindRoute(registryApi.labelGuards, async ({ params }, { workspace }) => ({
      items: [...(await registry.labelGuards(workspace, params.name))],
    })),

    bindRoute(registryApi.registerVersion, ({ params, body }, context) =>
      registry.register(context, { model: params.name, ...body }),
    ),

    bindRoute(registryApi.registerFromRun, async ({ params, body }, context) => {
      const version = await registry.registerFromRun(context, { model: params.name, ...body });
      return { ...showVersion(version), created: version.created };
    }),

    bindRoute(registryApi.allowedPickles, ({ query }, { workspace }) =>
      registry.listAllowedPickles(workspace, query),
    ),

    bindRoute(registryApi.allowPickle, ({ body }, context) =>
      registry.allowPickle(context, body.digest, body.reason),
    ),

    bindRoute(registryApi.forbidPickle, async ({ params }, context) => {
      await registry.forbidPickle(context, params.digest);
      return { digest: params.digest };
    }),

    bindRoute(registryApi.inspectVersion, async ({ params }, context) =>
      showVersion(await registry.inspectVersion(context, params.id)),
    ),

    bindRoute(registryApi.versions, async ({ params, query }, context) => {
      const { cursor, limit } = query;
      const [before] = versionPages.keyBehind(cursor) ?? [];
      const filter = { model: params.name, before, limit: limit + 1 };
      return versionPages.of(await registry.allVersions(context.workspace, filter), limit, showVersion);
    }),

    bindRoute(registryApi.version, async ({ params }, context) =>
      showVersion(await requireVersion(context, params)),
    ),

    bindRoute(registryApi.deleteVersion, async ({ params }, context) => {
      const { model, version } = await requireVersion(context, params);
      await registry.moveLabel(context, { action: 'delete-version', model, version });
      return {};
    }),

    bindRoute(registryApi.setStage, async ({ params, body }, context) => {
      const { model, version } = await requireVersion(context, params);
      await registry.moveLabel(context, { action: 'set-stage', model, version, ...body });
      return showVersion(await requireVersion(context, { name: model, version: String(version) }));
    }),

    bindRoute(registryApi.versionById, async ({ params }, context) => {
      const version = await registry.versionById(context.workspace, params.id);
      if (version === undefined) throw esteiraError('MODEL_VERSION_NOT_FOUND', { version: params.id });
      return showVersion(version);
    }),

    bindRoute(registryApi.setAlias, async ({ params, body }, context) => {
      const { name: model, alias } = params;
      await registry.moveLabel(context, { action: 'set-alias', model, alias, version: body.version });
      return await requireModel(context, model);
    }),

    bindRoute(registryApi.deleteAlias, async ({ params }, context) => {
      const { name: model, alias } = params;
      if (!Object.hasOwn((await requireModel(context, model)).aliases, alias))
        throw esteiraError('MODEL_ALIAS_NOT_FOUND', { model, alias });
      await registry.moveLabel(context, { action: 'delete-alias', model, alias });
      return await requireModel(context, model);
    }),

    bindRoute(registryApi.protectedLabels, async (_, { workspace }) => ({
      patterns: [...(await registry.protectedLabels(workspace))],
    })),

    bindRoute(registryApi.putProtectedLabels, async ({ body }, context) => ({
      patterns: [...(await registry.protectLabels(context, body.patterns))],
    })),
  ];
}
