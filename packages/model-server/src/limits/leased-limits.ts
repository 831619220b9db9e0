import {
  type LimitSpec,
  leaseMs,
  type Slice,
  type SliceAnswer,
  type SliceRequest,
  slackSeconds,
} from './slice.ts';

export { scheduleWithTimers } from './schedule-with-timers.ts';
export type { LimitSpec, Slice, SliceAnswer, SliceRequest } from './slice.ts';
export { leaseMs, slackSeconds } from './slice.ts';

/** Whether something may be done now. `retryAfterMs` is null where waiting does not help: a budget that is used up. */
export type Allowance =
  | { readonly admitted: true }
  | { readonly admitted: false; readonly retryAfterMs: number | null };

/** One process's side of limits that several share. */
export interface LeasedLimits {
  /** Takes from a limit. At once while the process holds enough; a promise only while a slice is being asked for. */
  take(limit: string, spec: LimitSpec, amount?: number): Allowance | Promise<Allowance>;
  /** Gives back what is held and is counted no more. */
  stop(): Promise<void>;
}

export interface LeasedLimitsDeps {
  /** Asks the shared store for slices; rejects when it cannot be reached. */
  readonly exchange: (requests: readonly SliceRequest[]) => Promise<SliceAnswer>;
  readonly leave: () => Promise<void>;
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Runs work later; returns what prevents it. */
  readonly schedule: (ms: number, work: () => void) => () => void;
  /** An exchange that takes longer counts as failed, in ms. */
  readonly timeoutMs: number;
  /** How many share the limits while nobody has said. */
  readonly assumedHolders: number;
  readonly onAway?: (error: unknown) => void;
  readonly onBack?: () => void;
}

interface Waiter {
  readonly amount: number;
  readonly resolve: (allowance: Allowance) => void;
}

/** What this process has of one limit. */
interface Held {
  readonly limit: string;
  spec: LimitSpec;
  tokens: number;
  /** Not to be used afterwards: the store counts the lease as used. */
  validUntil: number;
  /** What the last exchange left here. */
  target: number;
  /** Asked for since the last exchange. */
  asked: number;
  /** Asked for per ms, averaged over about a second. */
  demand: number;
  /** The largest amount that was asked for at once. */
  unit: number;
  exchangedAt: number;
  takenAt: number;
  /** Until then the store has no more, or was asked only just now. */
  dryUntil: number;
  /** When the store expects to have more, on this process's clock; null: never. */
  moreAt: number | null;
  known: boolean;
  waiters: Waiter[];
  /** The bucket of its own while the store is away. */
  local: { tokens: number; at: number } | undefined;
}

const admitted: Allowance = { admitted: true };
const tickMs = 500;
const heartbeatMs = 3_000;
const retryMs = 1_000;
const longestDryMs = 1_000;
const forgetMs = 60_000;
/** Parts of a unit: sums of them are exact, so that nothing is short of what was wanted by a rounding. */
const grain = 1024;
const demandWindowMs = 1_000;
const shortestDemandMs = 100;

/**
 * Leases slices of shared limits and admits from them without asking anybody: a slice covers the demand of the next
 * moments, is renewed when half of it is gone, shrinks with the demand, and is given back when there is none.
 *
 * While the store is away it uses what it holds until the lease ends, then an equal share of the limit as the last
 * exchange told how many share it: all together never more than the limit, less where demand is uneven. A budget has no
 * such share: what is held is used, then no more until the store is back.
 */
export function createLeasedLimits(deps: LeasedLimitsDeps): LeasedLimits {
  const limits = new Map<string, Held>();
  let queue = new Set<Held>();
  let holders = deps.assumedHolders;
  let exchanging = false;
  let awaySince: number | undefined;
  let stopped = false;
  let spokeAt = Number.NEGATIVE_INFINITY;
  let cancelTick = deps.schedule(0, tick);
  let flushing = false;

  function take(limit: string, spec: LimitSpec, amount = 1): Allowance | Promise<Allowance> {
    const now = deps.now();
    const held = find(limit, spec, now);
    held.asked += amount;
    held.unit = Math.max(amount, Math.min(held.unit, spec.capacity));
    held.takenAt = now;
    if (now >= held.validUntil) held.tokens = 0;
    if (held.waiters.length === 0 && held.tokens >= amount) {
      held.tokens -= amount;
      if (held.tokens < held.target / 2 && now >= held.dryUntil) ask(held);
      return admitted;
    }
    if (awaySince !== undefined || stopped) return takeOwnShare(held, amount, now);
    if (now < held.dryUntil) return refused(held, now);
    return new Promise((resolve) => {
      held.waiters.push({ amount, resolve });
      ask(held);
    });
  }

  function find(limit: string, spec: LimitSpec, now: number): Held {
    const known = limits.get(limit);
    if (known !== undefined) {
      known.spec = spec;
      return known;
    }
    const held: Held = {
      limit,
      spec,
      tokens: 0,
      validUntil: now,
      target: 0,
      asked: 0,
      demand: 0,
      unit: 0,
      exchangedAt: Number.NEGATIVE_INFINITY,
      takenAt: now,
      dryUntil: now,
      moreAt: now,
      known: false,
      waiters: [],
      local: undefined,
    };
    limits.set(limit, held);
    return held;
  }

  function ask(held: Held): void {
    if (awaySince !== undefined || stopped) return;
    queue.add(held);
    flushSoon();
  }

  /** At the end of the turn, so that what is asked for together goes together. */
  function flushSoon(): void {
    if (flushing || exchanging) return;
    flushing = true;
    queueMicrotask(flush);
  }

  function flush(): void {
    flushing = false;
    if (exchanging || stopped) return;
    const batch = [...queue];
    queue = new Set();
    void exchange(batch);
  }

  async function exchange(batch: readonly Held[]): Promise<void> {
    exchanging = true;
    const sentAt = deps.now();
    const requests = batch.map((held) => prepare(held, sentAt));
    try {
      const answer = await withTimeout(deps.exchange(requests));
      spokeAt = sentAt;
      holders = Math.max(1, answer.holders);
      if (awaySince !== undefined) comeBack();
      const slices = new Map(answer.slices.map((slice) => [slice.limit, slice]));
      for (const [index, held] of batch.entries()) {
        const request = requests[index];
        const slice = slices.get(held.limit);
        if (request !== undefined && slice !== undefined) receive(held, request, slice, sentAt);
        else settleLocally(held);
      }
    } catch (error) {
      goAway(error);
      for (const held of batch) settleLocally(held);
    }
    exchanging = false;
    if (queue.size > 0) flushSoon();
  }

  /** Says what is wanted and lets go of what is too much. */
  function prepare(held: Held, now: number): SliceRequest {
    if (now >= held.validUntil) held.tokens = 0;
    const elapsed = now - held.exchangedAt;
    const rate = held.asked / Math.max(shortestDemandMs, elapsed);
    held.demand += (1 - Math.exp(-elapsed / demandWindowMs)) * (rate - held.demand);
    held.asked = 0;
    let pending = 0;
    let least = 0;
    for (const { amount } of held.waiters) {
      pending += amount;
      least = least === 0 ? amount : Math.min(least, amount);
    }
    const ahead = Math.max(held.demand, rate) * 2 * horizonMs(held.spec);
    const most = held.spec.capacity + held.spec.perSecond * slackSeconds;
    const unit = least > 0 ? least : held.unit;
    // Somebody who asks once in a while needs one when they ask, and holds nothing meanwhile.
    const useful = Math.max(pending, ahead >= unit ? ahead : 0);
    const wanted = useful < most ? Math.ceil(useful * grain) / grain : most;
    const left = Math.floor(Math.min(held.tokens, wanted) * grain) / grain;
    const returned = held.tokens - left;
    held.tokens = left;
    return { limit: held.limit, spec: held.spec, left, returned, wanted, least: unit, known: held.known };
  }

  function receive(held: Held, request: SliceRequest, slice: Slice, sentAt: number): void {
    held.tokens = Math.max(0, held.tokens - (request.left - slice.kept)) + slice.extra;
    held.validUntil = sentAt + leaseMs(held.spec);
    held.target = held.tokens;
    held.exchangedAt = sentAt;
    held.known = true;
    held.local = undefined;
    const short = slice.kept + slice.extra < request.wanted;
    if (short) {
      const gap = horizonMs(held.spec) / 2;
      held.dryUntil = sentAt + Math.max(gap, Math.min(slice.waitMs ?? longestDryMs, longestDryMs));
      held.moreAt = slice.waitMs === null ? null : Math.max(held.dryUntil, sentAt + slice.waitMs);
    } else {
      held.dryUntil = sentAt;
    }
    settle(held, short);
  }

  function settle(held: Held, short: boolean): void {
    const waiters = held.waiters;
    held.waiters = [];
    for (const [index, waiter] of waiters.entries()) {
      if (held.tokens >= waiter.amount) {
        held.tokens -= waiter.amount;
        waiter.resolve(admitted);
      } else if (short) {
        waiter.resolve(refused(held, deps.now()));
      } else {
        // They came while the store was answering: theirs is the next exchange.
        held.waiters = waiters.slice(index);
        ask(held);
        return;
      }
    }
    // What is used counts as out until it is told, and what is out does not come back: of a small limit, tell at once.
    if (held.tokens < held.target / 2 && held.target > held.spec.capacity / 16) ask(held);
  }

  function settleLocally(held: Held): void {
    const waiters = held.waiters;
    held.waiters = [];
    const now = deps.now();
    for (const waiter of waiters) waiter.resolve(takeOwnShare(held, waiter.amount, now));
  }

  function takeOwnShare(held: Held, amount: number, now: number): Allowance {
    const perSecond = held.spec.perSecond / holders;
    if (stopped) return { admitted: false, retryAfterMs: null };
    if (perSecond <= 0) return { admitted: false, retryAfterMs: retryMs };
    const capacity = Math.max(1, held.spec.capacity / holders);
    const start = { tokens: Math.min(capacity, Math.max(1, perSecond * slackSeconds)), at: awaySince ?? now };
    const local = held.local ?? start;
    const filled = Math.min(capacity, local.tokens + (perSecond * Math.max(0, now - local.at)) / 1000);
    const enough = filled >= amount;
    held.local = { tokens: enough ? filled - amount : filled, at: now };
    return enough
      ? admitted
      : { admitted: false, retryAfterMs: Math.ceil(((amount - filled) / perSecond) * 1000) };
  }

  function goAway(error: unknown): void {
    if (awaySince !== undefined) return;
    awaySince = deps.now();
    for (const held of limits.values()) held.local = undefined;
    for (const held of queue) settleLocally(held);
    queue = new Set();
    deps.onAway?.(error);
  }

  function comeBack(): void {
    awaySince = undefined;
    for (const held of limits.values()) held.local = undefined;
    deps.onBack?.();
  }

  /** Renews or gives back what would expire, says that this process lives, looks whether the store is back. */
  function tick(): void {
    if (stopped) return;
    cancelTick = deps.schedule(awaySince === undefined ? tickMs : retryMs, tick);
    const now = deps.now();
    const due: Held[] = [];
    for (const held of limits.values()) {
      if (held.tokens > 0 && now < held.validUntil) {
        if (now >= held.validUntil - leaseMs(held.spec) / 2) due.push(held);
      } else if (held.waiters.length === 0 && now - held.takenAt > forgetMs) limits.delete(held.limit);
    }
    if (exchanging) return;
    for (const held of due) queue.add(held);
    if (queue.size > 0 || awaySince !== undefined || now - spokeAt >= heartbeatMs) flush();
  }

  function withTimeout<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = deps.schedule(deps.timeoutMs, () =>
        reject(new Error('The limits were not told in time.')),
      );
      work.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
  }

  return {
    take,
    async stop() {
      if (stopped) return;
      stopped = true;
      cancelTick();
      const returns: SliceRequest[] = [];
      for (const held of limits.values()) {
        settleLocally(held);
        if (held.tokens <= 0 || deps.now() >= held.validUntil) continue;
        const { limit, spec, tokens } = held;
        returns.push({ limit, spec, left: 0, returned: tokens, wanted: 0, least: 0, known: true });
        held.tokens = 0;
      }
      if (awaySince !== undefined) return;
      // Who cannot say goodbye is forgotten after a while.
      await withTimeout(
        (async () => {
          if (returns.length > 0) await deps.exchange(returns);
          await deps.leave();
        })(),
      ).catch(() => {});
    },
  };
}

function refused(held: Held, now: number): Allowance {
  return { admitted: false, retryAfterMs: held.moreAt === null ? null : Math.max(1, held.moreAt - now) };
}

/**
 * Half of what a slice covers, in ms. Short enough that what is out and what comes back meanwhile both fit the bucket: an
 * eighth of the time in which it fills.
 */
function horizonMs(spec: LimitSpec): number {
  if (spec.perSecond <= 0) return 2_000;
  const fills = (1000 * (spec.capacity + spec.perSecond * slackSeconds)) / spec.perSecond;
  return Math.min(100, Math.max(20, fills / 8));
}
