import { type GarbageCollection, retentionApi } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { pagesByKey } from '../../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { LegalHolds } from './legal-holds.ts';
import type { RetentionPolicies } from './retention-policies.ts';

interface RetentionRoutesDeps {
  readonly policies: RetentionPolicies;
  readonly holds: LegalHolds;
  /** ms */
  readonly grace: number;
  collect(context: RequestContext, options: { dryRun: boolean }): Promise<string>;
  collections(
    workspace: string,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ items: GarbageCollection[]; nextCursor?: string }>;
}

const policyPages = pagesByKey('retention-policies', ['number'], ([place]: readonly [number, unknown]) => [
  place,
]);

export function retentionRoutes(deps: RetentionRoutesDeps): readonly RouteBinding[] {
  const { policies, holds } = deps;
  return [
    bindRoute(retentionApi.retentionPolicies, async ({ query }, { workspace }) => {
      const all = await policies.list(workspace);
      const [behind = -1] = policyPages.keyBehind(query.cursor) ?? [];
      const rest = [...all.entries()].slice(behind + 1);
      return {
        ...policyPages.of(rest, query.limit, ([_place, policy]) => policy),
        graceHours: deps.grace / 3_600_000,
      };
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
