import { importsApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { TrackingImports } from '../../tracking/index.ts';
import type { RegistryImports } from './registry-imports.ts';

/** What moves the history of another tracker in: what is tracked, and what is registered of it. */
export function importRoutes(tracking: TrackingImports, registry: RegistryImports): readonly RouteBinding[] {
  return [
    bindRoute(importsApi.experiments, async ({ body }, context) => {
      const { items, added } = await tracking.experiments(context, body.items);
      return {
        items: items.map(({ id, name, number, deletedAt }) => ({
          id,
          name,
          number,
          deleted: deletedAt !== undefined,
        })),
        added,
      };
    }),
    bindRoute(importsApi.runs, async ({ body }, context) => ({
      added: await tracking.runs(context, body.items),
    })),
    bindRoute(importsApi.points, async ({ body }, context) => ({
      points: await tracking.points(context, body.items),
    })),
    bindRoute(importsApi.loggedModels, async ({ body }, context) => ({
      added: await tracking.loggedModels(context, body.items),
    })),
    bindRoute(importsApi.models, async ({ body }, context) => ({
      added: await registry.models(context, body.items),
    })),
    bindRoute(importsApi.versions, async ({ body }, context) => ({
      added: await registry.versions(context, body.items),
    })),
    bindRoute(importsApi.putFile, async ({ params, query, body }, context) => {
      const { path, digest, size } = await tracking.putFile(context, params, query.path, body);
      return { path, digest, size };
    }),
    bindRoute(importsApi.files, async ({ body: { kind, id, after } }, { workspace }) => {
      const files = await tracking.files(workspace, { kind, id }, after);
      return { items: files.map(({ path, digest, size }) => ({ path, digest, size })) };
    }),
    bindRoute(importsApi.counts, async ({ body: { kind, ids } }, { workspace }) => {
      const items =
        kind === 'model' ? await registry.count(workspace, ids) : await tracking.count(workspace, kind, ids);
      return { items: items.map(({ id, counts }) => ({ id, counts: { ...counts } })) };
    }),
  ];
}
