import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LimitSpec, slackSeconds } from '@esteira/model-server/leased-limits';
import fc from 'fast-check';
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
  const store = createMemoryLimitStore({ clock: time.clock });
  const processes = Array.from({ length: count }, (_, index) =>
    startSimulatedProcess(time, store, { name: `p${index}`, spec, roundTripMs }),
  );
  return {
    time,
    processes,
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
});
