import { type KeptBecause, trackingApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { Rewind } from './rewind-run.ts';

/** Puts runs back. Apart from the room, for all rooms are asked what rests on a run. */
export function createRewindRoutes(deps: {
  readonly rewind: Rewind;
  readonly keptBecause: (
    reader: SqlReader,
    ids: readonly string[],
  ) => Promise<ReadonlyMap<string, KeptBecause>>;
}): readonly RouteBinding[] {
  return [
    bindRoute(trackingApi.rewindRun, async ({ params, body: { step, at } }, context) => {
      const to = step === undefined ? { at: at ?? 0 } : { step };
      const { points, kept } = await deps.rewind(context, params.id, to, deps.keptBecause);
      return { points, kept: kept ?? null };
    }),
  ];
}
