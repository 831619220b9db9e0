import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exponential } from './exponential.ts';

test('agrees with Math.exp to the stated error over the whole range', () => {
  for (let x = -708; x <= 709; x += 0.37) {
    const relative = Math.abs(exponential(x) / Math.exp(x) - 1);
    assert.ok(relative <= 1e-15 * Math.max(1, Math.abs(x)), `e^${x} is off by ${relative}`);
  }
});

test('stays finite and positive beyond the range of float64', () => {
  assert.ok(Number.isFinite(exponential(5000)));
  assert.ok(exponential(-5000) > 0);
});
