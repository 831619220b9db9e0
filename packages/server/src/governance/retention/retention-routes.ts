import { retentionApi } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../../kernel/paging.ts';
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
    bindRoute(retentionApi.retentionPolicies, async ({ query }, { workspace }) => {
      const all = await policies.list(workspace);
      const from = placeOf(query.cursor);
      const next = from + query.limit;
      return {
        items: all.slice(from, next),
        ...(next < all.length ? { nextCursor: encodeCursor([next]) } : {}),
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

/** Throws INVALID_REQUEST for a foreign cursor. */
function placeOf(cursor: string | undefined): number {
  const place = cursor === undefined ? 0 : decodeCursor(cursor)?.[0];
  if (typeof place !== 'number')
    throw esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
  return place;
}
