import type { Clock } from '../../../kernel/clock.ts';
import { type Bucket, grantSlice } from '../grant-slice.ts';
import { type LimitStore, memoryMs, presenceMs } from '../limit-store.ts';

interface Kept {
  readonly bucket: Bucket;
  readonly forgetAt: number;
}

const sweepEvery = 1_000;

/** Limits of the holders that one process serves. */
export function createMemoryLimitStore(deps: { clock: Clock }): LimitStore {
  const buckets = new Map<string, Kept>();
  const scopes = new Map<string, Map<string, number>>();
  let exchanges = 0;

  function sweep(now: number): void {
    exchanges += 1;
    if (exchanges % sweepEvery !== 0) return;
    for (const [name, kept] of buckets) if (kept.forgetAt <= now) buckets.delete(name);
  }

  return {
    async exchange(scope, holder, requests) {
      const now = deps.clock.now();
      sweep(now);
      const seen = scopes.get(scope) ?? new Map<string, number>();
      scopes.set(scope, seen);
      seen.set(holder, now);
      for (const [name, at] of seen) if (at <= now - presenceMs) seen.delete(name);
      const slices = requests.map((request) => {
        const name = JSON.stringify([scope, request.limit]);
        const kept = buckets.get(name);
        const known = kept === undefined || kept.forgetAt <= now ? undefined : kept.bucket;
        const { bucket, slice } = grantSlice(known, holder, request, now);
        buckets.set(name, { bucket, forgetAt: now + memoryMs(request.spec) });
        return slice;
      });
      return { holders: seen.size, slices };
    },
    async leave(scope, holder) {
      scopes.get(scope)?.delete(holder);
    },
    async close() {},
  };
}
