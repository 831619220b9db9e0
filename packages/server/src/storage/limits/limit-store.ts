import type { SliceAnswer, SliceRequest } from '@esteira/model-server/leased-limits';

/**
 * The port of shared limits: where the slices come from. What every engine promises:
 * - An exchange is one step for each limit, so holders that ask at the same time are not given the same tokens twice.
 * - Slices follow `grantSlice`, on a clock that is the same for every holder.
 * - A limit that the engine has forgotten begins full for who never held of it, and with the slack alone for who did:
 *   forgetting lets nobody use an allowance twice.
 * - It rejects when it cannot be reached; then holders take their own share (see `createLeasedLimits`).
 */
export interface LimitStore {
  /** `scope` is whose limits these are: holders of one scope are counted and lease among themselves. */
  exchange(scope: string, holder: string, requests: readonly SliceRequest[]): Promise<SliceAnswer>;
  /** The holder ends: it is counted no more. */
  leave(scope: string, holder: string): Promise<void>;
  close(): Promise<void>;
}

/** A holder that was silent for longer is not counted. Holders say something every three seconds. */
export const presenceMs = 10_000;

/** How long an untouched limit is remembered: until it is full anyway; a budget for the longest period there is. */
export function memoryMs(spec: SliceRequest['spec']): number {
  if (spec.perSecond <= 0) return 35 * 24 * 3_600_000;
  return Math.min(35 * 24 * 3_600_000, 60_000 + Math.ceil((spec.capacity / spec.perSecond) * 1000));
}
