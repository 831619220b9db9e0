import { leaseMs, type Slice, type SliceRequest, slackSeconds } from '@esteira/model-server/leased-limits';

/** The state of one limit: a token bucket, and what of it is out in leases. */
export interface Bucket {
  /** Neither used nor leased. */
  readonly level: number;
  readonly capacity: number;
  /** When the level was last brought up to date, in ms. */
  readonly filledAt: number;
  readonly leases: Readonly<Record<string, Lease>>;
}

interface Lease {
  /** As much as the holder may not have used yet. */
  readonly held: number;
  readonly wanted: number;
  readonly expiresAt: number;
}

// A clock that was this far ahead is no clock to wait for.
const clockLeapMs = 5_000;

/**
 * Gives a holder its next slice. What is free and what is out never exceed the capacity (and the slack), and what is out
 * counts as unused until its holder says otherwise; so no window of time can see more than capacity + slack + rate × time,
 * whatever holders do or whenever they die. A lease that ends unreported counts as used.
 *
 * Where less is there than is wanted, what is free is kept for the others as far as each wants it and holds less than an
 * equal share (max-min fairness).
 */
export function grantSlice(
  before: Bucket | undefined,
  holder: string,
  request: SliceRequest,
  now: number,
): { readonly bucket: Bucket; readonly slice: Slice } {
  const { perSecond, capacity } = request.spec;
  const slack = perSecond * slackSeconds;
  const first = request.known ? Math.min(capacity, slack) : capacity;
  const known = before ?? { level: first, capacity, filledAt: now, leases: {} };
  const filledAt = known.filledAt > now + clockLeapMs ? now : known.filledAt;
  const longest = now + leaseMs(request.spec) + clockLeapMs;
  const others = new Map<string, Lease>();
  let own = 0;
  let out = 0;
  for (const [name, lease] of Object.entries(known.leases)) {
    if (lease.expiresAt <= now || lease.expiresAt > longest) continue;
    out += lease.held;
    if (name === holder) own = lease.held;
    else others.set(name, lease);
  }

  const grown = known.level + capacity - known.capacity + (perSecond * Math.max(0, now - filledAt)) / 1000;
  let level = Math.min(grown, capacity, capacity + slack - out);
  let kept = Math.min(request.left, own);
  level += Math.min(request.returned, own - kept);

  let extra = 0;
  if (request.wanted > kept) {
    const free = Math.max(0, level);
    let heldByOthers = 0;
    for (const lease of others.values()) heldByOthers += lease.held;
    const share = (free + kept + heldByOthers) / (others.size + 1);
    let spoken = 0;
    for (const lease of others.values()) spoken += Math.max(0, Math.min(lease.wanted, share) - lease.held);
    const most = Math.max(request.least - kept, share - kept, free - spoken);
    extra = Math.min(request.wanted - kept, most, free);
    if (kept + extra < request.least) {
      level += kept;
      kept = 0;
      extra = 0;
    }
  }
  level -= extra;

  const lease = { held: kept + extra, wanted: request.wanted, expiresAt: now + leaseMs(request.spec) };
  return {
    bucket: {
      level,
      capacity,
      filledAt: Math.max(filledAt, now),
      leases: { ...Object.fromEntries(others), ...(request.wanted > 0 ? { [holder]: lease } : {}) },
    },
    slice: {
      limit: request.limit,
      kept,
      extra,
      waitMs: kept + extra >= request.least ? 0 : waitFor(request, level),
    },
  };
}

/** What nobody is known to have used of a budget that does not fill again. A lease that ended unreported counts as used. */
export function leftOfBudget(bucket: Bucket | undefined, capacity: number, now: number): number {
  if (bucket === undefined) return capacity;
  let left = bucket.level + capacity - bucket.capacity;
  for (const { held, expiresAt } of Object.values(bucket.leases)) if (expiresAt > now) left += held;
  return Math.min(capacity, Math.max(0, Math.floor(left)));
}

function waitFor({ spec, least }: SliceRequest, level: number): number | null {
  if (spec.perSecond <= 0 || least > spec.capacity) return null;
  return Math.max(0, Math.ceil(((least - level) / spec.perSecond) * 1000));
}
