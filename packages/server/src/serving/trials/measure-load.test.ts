import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelClient } from '../data-plane/model-client.ts';
import { type LoadPlan, measureLoad } from './measure-load.ts';

const plan: LoadPlan = {
  ratePerSecond: 100,
  seconds: 5,
  maxRatePerSecond: 2_000,
  sla: { quantile: 'p95', ms: 20 },
};

/** A server that answers in 5 ms up to a rate, and in 500 ms beyond; it fails above another. */
function clientOf(limits: { slowAbove: number; failsAbove?: number }) {
  const rates: number[] = [];
  const client: ModelClient = {
    ask: () => Promise.reject(new Error('not asked one by one')),
    async load(_rows, { ratePerSecond, seconds }) {
      rates.push(ratePerSecond);
      const requests = ratePerSecond * seconds;
      const fails = ratePerSecond > (limits.failsAbove ?? Number.POSITIVE_INFINITY);
      return {
        times: new Float64Array(requests).fill(ratePerSecond > limits.slowAbove ? 500 : 5),
        problems: fails ? { HTTP_503: 1 } : {},
      };
    },
    close() {},
  };
  return { client, rates };
}

describe('the highest rate within an SLA', () => {
  it('is found by doubling and halving', async () => {
    const { client } = clientOf({ slowAbove: 650 });
    const measured = await measureLoad(client, [], plan);
    assert.equal(measured.throughputPerSecond, 650);
    assert.deepEqual(
      measured.steps.map(({ ratePerSecond, kept }) => [ratePerSecond, kept]),
      [
        [100, true],
        [200, true],
        [400, true],
        [800, false],
        [600, true],
        [700, false],
        [650, true],
      ],
    );
  });

  it('is not above the highest that may be tried', async () => {
    const { client, rates } = clientOf({ slowAbove: 1e9 });
    assert.equal((await measureLoad(client, [], plan)).throughputPerSecond, 2_000);
    assert.deepEqual(rates, [1, 100, 200, 400, 800, 1600, 2000]);
    const alone = clientOf({ slowAbove: 1e9 });
    assert.equal(
      (await measureLoad(alone.client, [], { ...plan, maxRatePerSecond: 50 })).throughputPerSecond,
      100,
    );
    assert.deepEqual(alone.rates, [1, 100]);
  });

  it('is none where the load itself is too slow, or has errors', async () => {
    const slow = await measureLoad(clientOf({ slowAbove: 50 }).client, [], plan);
    assert.deepEqual([slow.throughputPerSecond, slow.p95Ms, slow.steps.length], [0, 500, 1]);
    const failing = await measureLoad(clientOf({ slowAbove: 1e9, failsAbove: 50 }).client, [], plan);
    assert.deepEqual(
      [failing.throughputPerSecond, failing.errors, failing.errorsByKind],
      [0, 1, { HTTP_503: 1 }],
    );
  });
});
