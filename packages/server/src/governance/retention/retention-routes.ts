import { retentionApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { LegalHolds } from './legal-holds.ts';
import type { Retention } from './retention.ts';

export function retentionRoutes(
  deps: Pick<Retention, 'policies' | 'collect' | 'collections'> & {
    readonly holds: LegalHolds;
    readonly grace: number;
  },
): readonly RouteBinding[] {
  const { policies, holds } = deps;
  return [
    bindRoute(retentionApi.retentionPolicies, async (_, { workspace }) => {
      return { items: [...(await policies.list(workspace))], graceHours: deps.grace / 3_600_000 };
    }),
    bindRoute(retentionApi.putRetentionPolicy, ({ params, body }, context) =>
      policies.set(context, { ...params, ...body }),
    ),
    bindRoute(retentionApi.deleteRetentionPolicy, ({ params, query }, context) =>
      policies.takeBack(context, { ...params, project: query.project ?? null }),
    ),
    bindRoute(retentionApi.legalHolds, ({ query }, { workspace }) => holds.list(workspace, query)),
    bindRoute(retentionApi.placeLegalHold, ({ body }, context) => holds.place(context, body)),
    bindRoute(retentionApi.releaseLegalHold, ({ params, body }, context) =>
      holds.release(context, params.id, body.reason),
    ),
    bindRoute(retentionApi.collectGarbage, async ({ body }, context) => {
      return { jobId: await deps.collect(context, body) };
    }),
    bindRoute(retentionApi.garbageCollections, ({ query }, { workspace }) =>
      deps.collections(workspace, query),
    ),
  ];
}
