import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom, rocAuc } from '@esteira/ml';
import { estimatePerformance, measurePerformance } from './measure-performance.ts';

/** Scores that are true probabilities, and labels drawn with them. */
function calibrated(rows: number, seed: number) {
  const random = createRandom(seed);
  const scores = Float64Array.from({ length: rows }, () => random.next());
  const labels = scores.map((score) => (random.next() < score ? 1 : 0));
  return { scores, labels };
}

test('the interval holds the value, and narrows as labels come in', () => {
  const few = measurePerformance('roc_auc', calibrated(200, 1), 0.5);
  const many = measurePerformance('roc_auc', calibrated(20_000, 2), 0.5);
  const width = ({ lower, upper }: typeof few): number => (upper ?? 0) - (lower ?? 0);
  for (const { value, lower, upper } of [few, many]) {
    assert.ok((lower ?? 1) <= (value ?? 0) && (value ?? 1) <= (upper ?? 0));
  }
  assert.ok(width(many) < width(few) / 5, `${width(few)} and ${width(many)}`);
});

test('the interval holds the true value about as often as it says', () => {
  const truth = rocAuc(calibrated(200_000, 99).labels, calibrated(200_000, 99).scores) ?? 0;
  let held = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const { lower, upper } = measurePerformance('roc_auc', calibrated(300, seed), 0.5);
    if ((lower ?? 1) <= truth && truth <= (upper ?? 0)) held++;
  }
  assert.ok(held >= 34, `${held} of 40`);
});

test('no rows, or one class only, have no ranking', () => {
  const nothing = { labels: new Float64Array(), scores: new Float64Array() };
  assert.equal(measurePerformance('pr_auc', nothing, 0.5).value, null);
  const oneClass = { labels: new Float64Array(50), scores: new Float64Array(50).fill(0.3) };
  assert.equal(measurePerformance('roc_auc', oneClass, 0.5).value, null);
  assert.equal(measurePerformance('accuracy', oneClass, 0.5).value, 1);
});

test('numbers have their own metrics', () => {
  const labelled = { labels: Float64Array.of(1, 2, 3, 4), scores: Float64Array.of(2, 2, 3, 2) };
  assert.equal(measurePerformance('mae', labelled, 0.5).value, 0.75);
  assert.equal(measurePerformance('rmse', labelled, 0.5).value, Math.sqrt(5 / 4));
});

test('calibrated scores tell the performance without labels', () => {
  const { scores, labels } = calibrated(10_000, 4);
  for (const metric of ['roc_auc', 'pr_auc', 'accuracy', 'f1', 'brier'] as const) {
    const measured = measurePerformance(metric, { scores, labels }, 0.5).value ?? 0;
    const estimated = estimatePerformance(metric, scores, 0.5) ?? 0;
    assert.ok(Math.abs(measured - estimated) < 0.02, `${metric}: ${measured} and ${estimated}`);
  }
  assert.equal(estimatePerformance('rmse', scores, 0.5), null);
  assert.equal(estimatePerformance('roc_auc', Float64Array.of(3, -1), 0.5), null);
});
