import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCpuMeter } from './cpu-meter.ts';

it('shares the time of the process among the steps at work, and loses none of it', () => {
  let used = 10;
  const meter = createCpuMeter(() => used);
  const endFirst = meter.start();
  used += 4;
  const endSecond = meter.start();
  used += 6;
  assert.equal(endFirst(), 7);
  used += 1;
  assert.equal(endSecond(), 4);
  assert.equal(endSecond(), 4);
});
