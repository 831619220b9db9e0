import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeFairness } from './fairness.ts';

const rows = {
  attribute: 'region',
  values: ['north', 'north', 'south', 'south', 'south', null],
  labels: Float64Array.of(1, 0, 1, 1, 0, 1),
  scores: Float64Array.of(0.9, 0.8, 0.7, 0.1, 0.2, 0.9),
  threshold: 0.5,
};

test('the differences are those of the groups furthest apart, and rows without a value belong to none', () => {
  const [parity, opportunity] = judgeFairness({ ...rows, limit: 0.1 });
  assert.equal(parity?.metric, 'demographic_parity_difference');
  assert.ok(Math.abs((parity?.value ?? 0) - (1 - 1 / 3)) < 1e-12);
  assert.ok(Math.abs((opportunity?.value ?? 0) - (1 - 1 / 2)) < 1e-12);
  assert.equal(parity?.smallestGroup, 2);
  assert.equal(parity?.withinLimit, false);
});

test('a difference at the limit is within it', () => {
  const [, opportunity] = judgeFairness({ ...rows, limit: 0.5 });
  assert.equal(opportunity?.withinLimit, true);
});

test('an attribute with a single group says nothing about fairness', () => {
  assert.deepEqual(judgeFairness({ ...rows, values: ['a', 'a', 'a', 'a', 'a', 'a'], limit: 0.1 }), []);
});
