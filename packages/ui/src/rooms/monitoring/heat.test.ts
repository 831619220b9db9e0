import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heatOf } from './heat.ts';

test('heat is the share of the limit that a distance has reached', () => {
  assert.equal(heatOf({ distance: 0.1, threshold: 0.2 }), 0.5);
  assert.equal(heatOf({ distance: -1, threshold: 0.2 }), 0);
});

test('what was not measured has no heat', () => {
  assert.equal(heatOf(null), null);
  assert.equal(heatOf({ distance: null, threshold: 0.2 }), null);
  assert.equal(heatOf({ distance: 0.1, threshold: null }), null);
});
