/** How much is allowed: a rate with what may be used at once, or (rate 0) an amount that does not come back. */
export interface LimitSpec {
  /** Comes back per second. 0: what is used is gone, as in a budget. */
  readonly perSecond: number;
  /** At most this much at once; of a budget, all of it. */
  readonly capacity: number;
}

/** What a holder tells about one limit, and what it would like to hold. All in units of the limit. */
export interface SliceRequest {
  readonly limit: string;
  readonly spec: LimitSpec;
  /** Leased earlier, not used yet, and kept. */
  readonly left: number;
  /** Leased earlier, not used, and given back. */
  readonly returned: number;
  /** What it wants to hold, `left` included. 0: nothing; the lease ends. */
  readonly wanted: number;
  /** Less than this is of no use to it: one request. */
  readonly least: number;
  /** It has held slices of this limit before: a store that has forgotten the limit lost what was used of it. */
  readonly known: boolean;
}

export interface Slice {
  readonly limit: string;
  /** What of `left` still counts; less when the store has forgotten the lease. */
  readonly kept: number;
  /** New, on top of what was kept. */
  readonly extra: number;
  /** When `least` can be had, in ms; 0 when it was given, null when waiting does not help. */
  readonly waitMs: number | null;
}

export interface SliceAnswer {
  /** Holders that are alive, this one included: who is cut off from the store takes an equal share among as many. */
  readonly holders: number;
  readonly slices: readonly Slice[];
}

/**
 * What may be out in slices beyond the capacity, in seconds of the rate: 5 % of what a second allows. It lets limits
 * without a burst be leased at all.
 */
export const slackSeconds = 0.05;

/** How long a holder may use a slice, in ms. Of a budget longer, since nothing comes back that could be leased anew. */
export function leaseMs(spec: LimitSpec): number {
  return spec.perSecond > 0 ? 2_000 : 10_000;
}
