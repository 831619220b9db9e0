import { featureStoreApi } from '@esteira/contracts';
import { type Page, type PageRequest, pagesByName } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { FeatureStoreJobs } from './feature-store-jobs.ts';
import type { FeatureStoreService } from './feature-store-service.ts';

export function createFeatureStoreRoutes(
  features: FeatureStoreService,
  jobs: FeatureStoreJobs,
): readonly RouteBinding[] {
  return [
    bindRoute(featureStoreApi.putEntity, ({ params, body }, context) =>
      features.putEntity(context, params.name, body),
    ),
    bindRoute(featureStoreApi.entities, ({ query }, { workspace }) =>
      pageOf('entities', query, (page) => features.entities(workspace, page)),
    ),
    bindRoute(featureStoreApi.putFeatureView, ({ params, body }, context) =>
      features.putFeatureView(context, params.name, body),
    ),
    bindRoute(featureStoreApi.featureViews, ({ query }, { workspace }) =>
      pageOf('feature-views', query, (page) => features.featureViews(workspace, page)),
    ),
    bindRoute(featureStoreApi.putFeatureService, ({ params, body }, context) =>
      features.putFeatureService(context, params.name, body),
    ),
    bindRoute(featureStoreApi.featureServices, ({ query }, { workspace }) =>
      pageOf('feature-services', query, (page) => features.featureServices(workspace, page)),
    ),
    bindRoute(featureStoreApi.createTrainingSet, async ({ body }, context) => ({
      jobId: await jobs.startTrainingSet(context, body),
    })),
    bindRoute(featureStoreApi.materialize, async ({ params, body }, context) => ({
      jobId: await jobs.startMaterialize(context, {
        view: params.name,
        at: body.at,
        versionId: body.versionId,
      }),
    })),
    bindRoute(featureStoreApi.readOnline, ({ body }, context) =>
      features.readOnline(context, body.featureService, body.rows),
    ),
  ];
}

async function pageOf<T extends { readonly name: string }>(
  list: string,
  { cursor, limit }: PageRequest,
  read: (page: { after?: string; limit: number }) => Promise<readonly T[]>,
): Promise<Page<T>> {
  const pages = pagesByName(list);
  return pages.of(await read({ ...pages.after(cursor), limit: limit + 1 }), limit);
}
