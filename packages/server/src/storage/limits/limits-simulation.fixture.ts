import { setImmediate } from 'node:timers/promises';
import {
  createLeasedLimits,
  type LeasedLimits,
  type LimitSpec,
  type SliceAnswer,
} from '@esteira/model-server/leased-limits';
import type { LimitStore } from './limit-store.ts';

/** A clock with its timers that a test moves. Several processes share it; each step lets what was started come to rest. */
export function createVirtualTime(start = Date.UTC(2026, 0, 1)) {
  let now = start;
  let order = 0;
  const timers: { at: number; order: number; work: () => void }[] = [];

  return {
    clock: { now: () => now },
    schedule(ms: number, work: () => void): () => void {
      const timer = { at: now + Math.max(0, ms), order: order++, work };
      timers.push(timer);
      return () => {
        const index = timers.indexOf(timer);
        if (index >= 0) timers.splice(index, 1);
      };
    },
    async advance(ms: number): Promise<void> {
      const until = now + ms;
      for (;;) {
        await setImmediate();
        const [next] = timers.sort((a, b) => a.at - b.at || a.order - b.order);
        if (next === undefined || next.at > until) break;
        timers.shift();
        now = Math.max(now, next.at);
        next.work();
      }
      now = until;
      await setImmediate();
    },
  };
}

export type VirtualTime = ReturnType<typeof createVirtualTime>;

export interface SimulatedProcess {
  readonly limits: LeasedLimits;
  /** Times of what was admitted, in ms. */
  readonly admitted: number[];
  refused: number;
  /** The store cannot be reached from here. */
  cutOff: boolean;
  /** Gone without a word. */
  dead: boolean;
  offer(count: number): void;
}

/** A process that shares one limit with others through a store whose answers take `roundTripMs`. */
export function startSimulatedProcess(
  time: VirtualTime,
  store: LimitStore,
  options: { name: string; spec: LimitSpec; roundTripMs: number; assumedHolders?: number },
): SimulatedProcess {
  const { name, spec, roundTripMs } = options;
  const later = (ms: number): Promise<void> => new Promise((resolve) => time.schedule(ms, () => resolve()));
  const simulated: SimulatedProcess = {
    admitted: [],
    refused: 0,
    cutOff: false,
    dead: false,
    limits: createLeasedLimits({
      async exchange(requests): Promise<SliceAnswer> {
        await later(roundTripMs / 2);
        if (simulated.dead || simulated.cutOff) throw new Error('away');
        const answer = await store.exchange('simulated', name, requests);
        await later(roundTripMs / 2);
        return answer;
      },
      leave: () => store.leave('simulated', name),
      now: time.clock.now,
      schedule: time.schedule,
      timeoutMs: 250,
      assumedHolders: options.assumedHolders ?? 1,
    }),
    offer(count) {
      if (simulated.dead) return;
      for (let index = 0; index < count; index++) void one();
    },
  };
  async function one(): Promise<void> {
    const allowance = await simulated.limits.take('shared', spec);
    if (simulated.dead) return;
    if (allowance.admitted) simulated.admitted.push(time.clock.now());
    else simulated.refused += 1;
  }
  return simulated;
}

/** The most that was admitted beyond `capacity + perSecond × length` in any window that begins and ends with an admission. */
export function worstExcess(times: readonly number[], spec: LimitSpec): number {
  // Excess of [i, j] is (j − i + 1) − capacity − rate × (t[j] − t[i]): the largest over i ≤ j in one pass.
  const sorted = [...times].sort((a, b) => a - b);
  let best = Number.NEGATIVE_INFINITY;
  let worst = Number.NEGATIVE_INFINITY;
  for (const [index, at] of sorted.entries()) {
    const earned = (spec.perSecond * at) / 1000;
    best = Math.max(best, earned - index);
    worst = Math.max(worst, index + 1 - earned + best);
  }
  return worst - spec.capacity;
}
