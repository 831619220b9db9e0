import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LimitSpec, slackSeconds } from '@esteira/model-server/leased-limits';
import fc from 'fast-check';
import type { LimitStore } from './limit-store.ts';
import {
  createVirtualTime,
  type SimulatedProcess,
  startSimulatedProcess,
  worstExcess,
} from './limits-simulation.fixture.ts';
import { createMemoryLimitStore } from './memory/memory-limit-store.ts';

const stepMs = 5;

function everyAdmission(processes: readonly SimulatedProcess[]): number[] {
  return processes.flatMap((process) => process.admitted).sort((a, b) => a - b);
}

function assertWithin(processes: readonly SimulatedProcess[], spec: LimitSpec): void {
  const excess = worstExcess(everyAdmission(processes), spec);
  const slack = spec.perSecond * slackSeconds;
  assert.ok(excess <= slack + 1e-6, `${excess} more than the limit; ${slack} is the tolerance`);
}

function open(count: number, spec: LimitSpec, roundTripMs = 2) {
  const time = createVirtualTime();
  let store = createMemoryLimitStore({ clock: time.clock });
  let exchanges = 0;
  let hanging = false;
  const reached: LimitStore = {
    async exchange(...asked) {
      exchanges += 1;
      if (hanging) return await new Promise(() => {});
      return await store.exchange(...asked);
    },
    leave: (...who) => store.leave(...who),
    async close() {},
  };
  const processes = Array.from({ length: count }, (_, index) =>
    startSimulatedProcess(time, reached, { name: `p${index}`, spec, roundTripMs }),
  );
  return {
    time,
    processes,
    exchanges: () => exchanges,
    hang() {
      hanging = true;
    },
    forget() {
      store = createMemoryLimitStore({ clock: time.clock });
    },
    async close() {
      const stopping = Promise.all(processes.map((process) => process.limits.stop()));
      await time.advance(2_000);
      await stopping;
    },
  };
}

/** Whole requests of steady streams, per second each. */
function createArrivals(rates: readonly number[]) {
  const owed = rates.map(() => 0);
  return {
    next: (ms: number): number[] =>
      rates.map((rate, index) => {
        const due = (owed[index] ?? 0) + (rate * ms) / 1000;
        owed[index] = due - Math.floor(due);
        return Math.floor(due);
      }),
  };
}

/** What one process with a bucket of its own would admit: the measure for many. */
function createSingleBucket(spec: LimitSpec, start: number) {
  let tokens = spec.capacity;
  let at = start;
  let admitted = 0;
  return {
    offer(count: number, now: number): void {
      tokens = Math.min(spec.capacity, tokens + ((now - at) * spec.perSecond) / 1000);
      at = now;
      const taken = Math.min(count, Math.floor(tokens));
      tokens -= taken;
      admitted += taken;
    },
    admitted: () => admitted,
  };
}

describe('a limit that several processes share', () => {
  it('admits what it allows, within 5 %, whatever the number of processes and how demand falls on them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          perSecond: fc.constantFrom(20, 100, 500, 2_000),
          burstSeconds: fc.constantFrom(0.1, 0.5, 1, 2),
          roundTripMs: fc.integer({ min: 1, max: 8 }),
          demands: fc.array(fc.double({ min: 0.02, max: 3, noNaN: true }), { minLength: 1, maxLength: 8 }),
        }),
        async ({ perSecond, burstSeconds, roundTripMs, demands }) => {
          const spec = { perSecond, capacity: Math.max(1, Math.round(perSecond * burstSeconds)) };
          const { time, processes, close } = open(demands.length, spec, roundTripMs);
          const seconds = 4;
          const arrivals = createArrivals(demands.map((demand) => demand * perSecond));
          const single = createSingleBucket(spec, time.clock.now());
          for (let ms = 0; ms < seconds * 1000; ms += stepMs) {
            for (const [index, count] of arrivals.next(stepMs).entries()) {
              processes[index]?.offer(count);
              single.offer(count, time.clock.now());
            }
            await time.advance(stepMs);
          }
          await time.advance(100);
          assertWithin(processes, spec);
          const admissions = everyAdmission(processes).length;
          assert.ok(
            admissions >= 0.95 * single.admitted() - demands.length,
            `${admissions} admitted; one process alone would have admitted ${single.admitted()}`,
          );
          await close();
        },
      ),
      { numRuns: 40, seed: 20260101 },
    );
  });

  const spec: LimitSpec = { perSecond: 400, capacity: 400 };

  /** Offers to each process what its rate says, step by step. */
  async function run(house: ReturnType<typeof open>, ms: number, rates: readonly number[]): Promise<void> {
    const arrivals = createArrivals(rates);
    for (let at = 0; at < ms; at += stepMs) {
      for (const [index, count] of arrivals.next(stepMs).entries()) house.processes[index]?.offer(count);
      await house.time.advance(stepMs);
    }
  }

  function admittedSince(house: ReturnType<typeof open>, from: number, ...indexes: number[]): number {
    const chosen =
      indexes.length === 0 ? house.processes : house.processes.filter((_, index) => indexes.includes(index));
    return everyAdmission(chosen).filter((at) => at > from).length;
  }

  it('asks the store a few times a second, however many requests there are', async () => {
    const house = open(2, spec);
    await run(house, 4_000, [2_000, 2_000]);
    assert.ok(house.exchanges() < 4 * 2 * 30, `${house.exchanges()} exchanges`);
    assert.ok(admittedSince(house, 0) > 1_900);
    await house.close();
  });

  it('asks in parts whose sums are exact, so that no slice is short by a rounding', async () => {
    const time = createVirtualTime();
    const store = createMemoryLimitStore({ clock: time.clock });
    const asked: number[] = [];
    const process = startSimulatedProcess(
      time,
      {
        ...store,
        async exchange(scope, holder, requests) {
          for (const { left, wanted } of requests) asked.push(left, wanted);
          return await store.exchange(scope, holder, requests);
        },
      },
      { name: 'p', spec: { perSecond: 100_000, capacity: 200_000 }, roundTripMs: 2 },
    );
    for (let step = 0; step < 500; step++) {
      process.offer(((step * 7) % 11) + ((step * 13) % 17));
      await time.advance(stepMs);
    }
    assert.ok(asked.length > 50 && asked.some((amount) => !Number.isInteger(amount)), String(asked.length));
    assert.deepEqual(
      asked.filter((amount) => !Number.isInteger(1024 * amount)),
      [],
    );
    const stopping = process.limits.stop();
    await time.advance(2_000);
    await stopping;
  });

  it('loses no more than its slice with a process that dies, and never admits more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.array(fc.integer({ min: 200, max: 1_800 }), { minLength: 1, maxLength: 6 }),
        async (count, pauses) => {
          const house = open(count, spec);
          const rates = Array.from({ length: count }, () => (3 * spec.perSecond) / count);
          let alive = count;
          for (const ms of pauses) {
            await run(house, Math.ceil(ms / stepMs) * stepMs, rates);
            const victim = house.processes.find((process) => !process.dead);
            if (victim === undefined || alive === 1) continue;
            victim.dead = true;
            alive -= 1;
          }
          assertWithin(house.processes, spec);
          const from = house.time.clock.now();
          await run(
            house,
            2_000,
            rates.map(() => (3 * spec.perSecond) / alive),
          );
          const admissions = admittedSince(house, from);
          assert.ok(admissions >= 0.95 * 2 * spec.perSecond, `${admissions} admitted in two seconds`);
          await house.close();
        },
      ),
      { numRuns: 10, seed: 20260102 },
    );
  });

  it('goes on within the limit while nobody reaches the store, and afterwards', async () => {
    const house = open(4, spec);
    const rates = [800, 800, 20, 20];
    await run(house, 2_000, rates);
    for (const process of house.processes) process.cutOff = true;
    const from = house.time.clock.now();
    await run(house, 10_000, rates);
    const alone = admittedSince(house, from);
    // Two processes use their quarter, two have less demand than that.
    const expected = 10 * (100 + 100 + 20 + 20);
    assert.ok(alone >= 0.95 * expected && alone <= 10 * spec.perSecond, `${alone} of ${expected}`);
    for (const process of house.processes) process.cutOff = false;
    await run(house, 2_000, rates);
    const back = house.time.clock.now();
    await run(house, 2_000, rates);
    assert.ok(admittedSince(house, back) >= 0.95 * 2 * spec.perSecond);
    const excess = worstExcess(everyAdmission(house.processes), spec);
    assert.ok(excess <= spec.perSecond * slackSeconds * 2 + 1e-6, `${excess} more than the limit`);
    await house.close();
  });

  it('does not wait for a store that does not answer', async () => {
    const house = open(1, spec);
    await run(house, 1_000, [100]);
    house.hang();
    const from = house.time.clock.now();
    await run(house, 5_000, [100]);
    assert.ok(admittedSince(house, from) >= 0.95 * 500);
    await house.close();
  });

  it('gives nobody an allowance twice when the store forgets', async () => {
    const house = open(4, spec);
    const rates = [400, 400, 400, 400];
    await run(house, 3_000, rates);
    house.forget();
    await run(house, 3_000, rates);
    // What was out when the store forgot is out beside what it gives anew.
    const excess = worstExcess(everyAdmission(house.processes), spec);
    assert.ok(excess <= spec.perSecond * slackSeconds * 2 + 1e-6, `${excess} more than the limit`);
    await house.close();
  });

  it('gives back what it holds when a process ends', async () => {
    const house = open(2, { perSecond: 0, capacity: 100 });
    const [first, second] = house.processes;
    first?.offer(60);
    await house.time.advance(50);
    first?.offer(10);
    await house.time.advance(50);
    const stopping = first?.limits.stop();
    await house.time.advance(50);
    await stopping;
    second?.offer(40);
    await house.time.advance(50);
    assert.deepEqual([first?.admitted.length, second?.admitted.length], [70, 30]);
    await house.close();
  });
});

describe('a budget that several processes share', () => {
  it('is spent to the end by whoever needs it, and not beyond, whoever dies meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0.01, max: 2, noNaN: true }), { minLength: 2, maxLength: 8 }),
        fc.boolean(),
        async (weights, withDeath) => {
          const spec = { perSecond: 0, capacity: 1_000 };
          const house = open(weights.length, spec);
          const arrivals = createArrivals(weights.map((weight) => weight * 100));
          for (let ms = 0; ms < 40_000; ms += 20) {
            if (withDeath && ms === 2_000 && house.processes[0]) house.processes[0].dead = true;
            for (const [index, count] of arrivals.next(20).entries()) house.processes[index]?.offer(count);
            await house.time.advance(20);
          }
          const total = weights.slice(withDeath ? 1 : 0).reduce((sum, weight) => sum + weight, 0) * 100 * 40;
          const admissions = everyAdmission(house.processes).length;
          assert.ok(admissions <= spec.capacity, `${admissions} admitted`);
          // A dead process takes with it what it held: two seconds of its demand, and its renewal.
          const lost = withDeath ? (weights[0] ?? 0) * 100 * 6 : 0;
          const expected = Math.min(total, spec.capacity - lost);
          assert.ok(admissions >= 0.95 * expected - weights.length, `${admissions} of ${expected}`);
          await house.close();
        },
      ),
      { numRuns: 6, seed: 20260103 },
    );
  });

  it('is not spent beyond what is held while the store is away', async () => {
    const house = open(2, { perSecond: 0, capacity: 100 });
    house.processes[0]?.offer(5);
    await house.time.advance(20);
    for (const process of house.processes) process.cutOff = true;
    house.processes[0]?.offer(1_000);
    house.processes[1]?.offer(1_000);
    await house.time.advance(30_000);
    house.processes[1]?.offer(10);
    await house.time.advance(1_000);
    assert.equal(house.processes[1]?.admitted.length, 0);
    assert.ok(everyAdmission(house.processes).length <= 100);
    await house.close();
  });
});
