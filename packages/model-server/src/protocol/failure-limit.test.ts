import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFailureLimit } from './failure-limit.ts';

test('ten failures make an address wait, others go on, and time forgives', () => {
  const time = { now: 0 };
  const limit = createFailureLimit({ monotonic: () => time.now });
  for (let failures = 0; failures < 10; failures++) {
    assert.equal(limit.wait('10.0.0.1'), 0);
    limit.failed('10.0.0.1');
  }
  assert.equal(limit.wait('10.0.0.1'), 6);
  assert.equal(limit.wait('10.0.0.2'), 0);
  time.now = 5_999;
  assert.equal(limit.wait('10.0.0.1'), 1);
  time.now = 6_000;
  assert.equal(limit.wait('10.0.0.1'), 0);
  limit.failed('10.0.0.1');
  assert.equal(limit.wait('10.0.0.1'), 6);
});

test('whoever shows the right token is forgiven at once', () => {
  const limit = createFailureLimit({ monotonic: () => 0 });
  for (let failures = 0; failures < 9; failures++) limit.failed('10.0.0.1');
  limit.succeeded('10.0.0.1');
  for (let failures = 0; failures < 9; failures++) limit.failed('10.0.0.1');
  assert.equal(limit.wait('10.0.0.1'), 0);
});
