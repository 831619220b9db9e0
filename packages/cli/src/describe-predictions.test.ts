import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePredictions } from './describe-predictions.ts';

const row = {
  prediction_id: 'pr_1-0',
  request_id: null,
  row_index: 0,
  at: Date.UTC(2026, 10, 22, 9, 30),
  time: Date.UTC(2026, 10, 22, 9, 30),
  endpoint: 'churn',
  revision: 5,
  arm: 'primary',
  error_code: null,
  score: 0.25,
  f_age: 41,
  f_plan: null,
};

test('logged predictions are shown with what any of them has, and when in words', () => {
  const [head = '', ...rows] = describePredictions([
    row,
    { ...row, prediction_id: 'pr_2-0', f_plan: 'full' },
  ]).split('\n');
  assert.deepEqual(head.trim().split(/ {2,}/), ['prediction_id', 'at', 'arm', 'score', 'age', 'plan']);
  assert.match(rows[0] ?? '', /pr_1-0 +2026-11-22 09:30:00 +primary +0\.25 +41/);
  assert.match(rows[1] ?? '', /pr_2-0 .+ full/);
});

test('of many features the first are shown and the others counted', () => {
  const wide = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`f_c${index}`, index]));
  const text = describePredictions([{ ...row, ...wide }]);
  assert.match(text, /age +c0 +c1 +c2 +c3 +…/);
  assert.match(text, /8 more/);
  assert.doesNotMatch(text, /c4/);
});
