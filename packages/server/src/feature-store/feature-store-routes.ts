import { featureStoreApi } from '@esteira/contracts';
import { decodeCursor, encodeCursor } from '../kernel/paging.ts';
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
    bindRoute(featureStoreApi.entities, async ({ query }, context) =>
      pageByName(
        await features.entities(context.workspace, { after: nameAfter(query.cursor), limit: query.limit }),
        query.limit,
      ),
    ),
    bindRoute(featureStoreApi.putFeatureView, ({ params, body }, context) =>
      features.putFeatureView(context, params.name, body),
    ),
    bindRoute(featureStoreApi.featureViews, async ({ query }, context) =>
      pageByName(
        await features.featureViews(context.workspace, {
          after: nameAfter(query.cursor),
          limit: query.limit,
        }),
        query.limit,
      ),
    ),
    bindRoute(featureStoreApi.putFeatureService, ({ params, body }, context) =>
      features.putFeatureService(context, params.name, body),
    ),
    bindRoute(featureStoreApi.featureServices, async ({ query }, context) =>
      pageByName(
        await features.featureServices(context.workspace, {
          after: nameAfter(query.cursor),
          limit: query.limit,
        }),
        query.limit,
      ),
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

function pageByName<T extends { readonly name: string }>(
  items: readonly T[],
  limit: number,
): { items: T[]; nextCursor?: string } {
  const last = items.at(-1);
  return {
    items: [...items],
    ...(last && items.length === limit ? { nextCursor: encodeCursor([last.name]) } : {}),
  };
}

function nameAfter(cursor: string | undefined): string | undefined {
  const name = cursor === undefined ? undefined : decodeCursor(cursor)?.[0];
  return typeof name === 'string' ? name : undefined;
}
