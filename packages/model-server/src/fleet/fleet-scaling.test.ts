import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFleetScaling } from './fleet-scaling.ts';

const loads = (...utilizations: number[]) => utilizations.map((utilization) => ({ utilization }));

describe('the size of a fleet', () => {
  it('grows when the processes are busy in three looks in a row, up to the most', () => {
    const scaling = createFleetScaling({ least: 1, most: 2, monotonic: () => 0 });
    const verdicts = [0.9, 0.9, 0.3, 0.9, 0.9, 0.9, 0.9].map((utilization) =>
      scaling.judge(loads(utilization)),
    );
    assert.deepEqual(verdicts, ['stay', 'stay', 'stay', 'stay', 'stay', 'grow', 'stay']);
    for (let look = 0; look < 5; look++) assert.equal(scaling.judge(loads(1, 1)), 'stay');
  });

  it('shrinks after a minute in which one less would do, down to the least', () => {
    const time = { now: 0 };
    const scaling = createFleetScaling({ least: 1, most: 4, monotonic: () => time.now });
    assert.equal(scaling.judge(loads(0.1, 0.1)), 'stay');
    time.now = 50_000;
    assert.equal(scaling.judge(loads(0.5, 0.1)), 'stay');
    assert.equal(scaling.judge(loads(0.1, 0.1)), 'stay');
    time.now = 109_999;
    assert.equal(scaling.judge(loads(0.1, 0.1)), 'stay');
    time.now = 110_000;
    assert.equal(scaling.judge(loads(0.1, 0.1)), 'shrink');
    time.now = 999_999;
    assert.equal(scaling.judge(loads(0)), 'stay');
  });
});
