import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencyBucket } from './data-plane.ts';
import { type LiveCounts, liveArms, liveSteps } from './live-figures.ts';

type Process = LiveCounts['processes'][number];

function counts(...processes: readonly Process[]): LiveCounts {
  return { mark: '', revision: 1, processes: [...processes], running: 0, waiting: 0 };
}

/** A process that has answered so many requests of two rows each in so many ms. */
function process(source: string, boot: string, at: number, requests: number, ms: number): Process {
  const latency = requests === 0 ? {} : { [latencyBucket(ms)]: requests };
  const arm = { arm: 'primary', predictor: 'mv_1', requests, rows: 2 * requests, errors: 1, fallbacks: 0 };
  return { source, boot, at, arms: [{ ...arm, latency }], steps: [] };
}

test('figures are of what was counted between two moments, not before', () => {
  const before = counts(process('one', 'a', 1_000, 100, 500));
  const now = counts({
    ...process('one', 'a', 3_000, 140, 500),
    arms: [
      {
        arm: 'primary',
        predictor: 'mv_1',
        requests: 140,
        rows: 280,
        errors: 3,
        fallbacks: 0,
        latency: { [latencyBucket(500)]: 100, [latencyBucket(10)]: 40 },
      },
    ],
  });
  const [arm] = liveArms(before, now);
  assert.equal(arm?.requestsPerSecond, 20);
  assert.equal(arm?.rowsPerSecond, 40);
  assert.equal(arm?.errorsPerSecond, 1);
  assert.ok(arm.p99Ms !== null && Math.abs(arm.p99Ms - 10) < 1, `${arm.p99Ms}`);
});

test('processes count together, each over its own time', () => {
  const before = counts(process('one', 'a', 1_000, 0, 1), process('two', 'b', 1_500, 10, 1));
  const now = counts(process('one', 'a', 3_000, 10, 1), process('two', 'b', 2_500, 20, 1));
  const arms = liveArms(before, now);
  assert.deepEqual(
    arms.map(({ requestsPerSecond }) => requestsPerSecond),
    [15],
  );
});

test('a process that started anew, or is new, is left out until it is known twice', () => {
  const before = counts(process('one', 'a', 1_000, 100, 1));
  const now = counts(process('one', 'restarted', 3_000, 5, 1), process('two', 'b', 3_000, 5, 1));
  assert.deepEqual(liveArms(before, now), []);
});

test('an arm that answered nothing in between has no figures', () => {
  const still = counts(process('one', 'a', 1_000, 100, 1));
  assert.deepEqual(liveArms(still, counts(process('one', 'a', 3_000, 100, 1))), []);
  assert.deepEqual(liveArms(still, still), []);
});

test('steps of a pipeline are told by what they took between two moments, over all processes', () => {
  const step = { modelVersionId: 'mv_1', step: 'scale' };
  const one = process('one', 'a', 1_000, 0, 1);
  const two = process('two', 'b', 1_000, 0, 1);
  const before = counts({ ...one, steps: [{ ...step, runs: 10, ms: 1_000 }] }, two);
  const now = counts(
    { ...one, at: 3_000, steps: [{ ...step, runs: 14, ms: 1_008 }] },
    { ...two, at: 3_000, steps: [{ ...step, runs: 4, ms: 16 }] },
  );
  assert.deepEqual(liveSteps(before, now), [{ ...step, runsPerSecond: 4, meanMs: 3 }]);
  assert.deepEqual(liveSteps(now, now), []);
  const reloaded = counts({ ...one, at: 5_000, steps: [{ ...step, runs: 2, ms: 8 }] });
  assert.deepEqual(liveSteps(now, reloaded), [{ ...step, runsPerSecond: 1, meanMs: 4 }]);
});
