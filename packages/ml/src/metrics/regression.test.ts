import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  discountedCumulativeGain,
  labelRankingAveragePrecision,
  meanAveragePrecision,
  meanReciprocalRank,
  normalizedDiscountedCumulativeGain,
  retrievalAtK,
} from './ranking.ts';
import {
  absoluteErrorSkill,
  gammaDeviance,
  meanSquaredLogError,
  medianAbsoluteError,
  pinballLoss,
  poissonDeviance,
  regressionMetrics,
  rSquared,
} from './regression.ts';

function near(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 1e-12, `${actual} is not ${expected}`);
}

test('regression metrics of four rows', () => {
  const metrics = regressionMetrics([1, 2, 3, 6], [1, 3, 3, 4]);
  near(metrics.mae, 0.75);
  near(metrics.mse, 1.25);
  near(metrics.rmse, Math.sqrt(1.25));
  near(metrics.r2, 1 - 5 / 14);
  near(metrics.mape, (0.5 + 1 / 3) / 4);
  near(metrics.medianAbsoluteError, 0.5);
  near(metrics.maxError, 2);
  near(metrics.explainedVariance, 1 - (5 - 4 * 0.25 ** 2) / 14);
});

test('a constant truth explains nothing unless it is met', () => {
  assert.equal(rSquared([2, 2], [2, 3]), 0);
  assert.equal(rSquared([2, 2], [2, 2]), 1);
  assert.equal(rSquared([2], [2]), null);
  assert.equal(absoluteErrorSkill([2], [2]), null);
});

test('deviances and logarithmic errors keep to their domain', () => {
  near(poissonDeviance([0, 2], [1, 2]), 1);
  near(gammaDeviance([1, 2], [2, 2]), Math.log(2) + 0.5 - 1);
  near(meanSquaredLogError([0, Math.E - 1], [0, 0]), 0.5);
  assert.throws(() => poissonDeviance([1], [0]), { code: 'VALUE_OUT_OF_RANGE' });
  assert.throws(() => gammaDeviance([0], [1]), { code: 'VALUE_OUT_OF_RANGE' });
  assert.throws(() => meanSquaredLogError([-1], [0]), { code: 'VALUE_OUT_OF_RANGE' });
  assert.throws(() => regressionMetrics([Number.NaN], [1]), { code: 'VALUE_NOT_FINITE' });
});

test('the weighted median error counts a row of weight two twice', () => {
  near(medianAbsoluteError([1, 5, 9], [0, 0, 0], [1, 1, 2]), 7);
  near(medianAbsoluteError([1, 5, 9, 9], [0, 0, 0, 0]), 7);
});

test('pinball loss at one half is half the absolute error', () => {
  near(pinballLoss([1, 5], [2, 3], 0.5), 0.75);
});

test('rankings of one query by hand', () => {
  const relevance = [[3, 0, 2, 0]];
  const score = [[0.9, 0.8, 0.7, 0.1]];
  const gain = 3 + 2 / Math.log2(4);
  near(discountedCumulativeGain(relevance, score), gain);
  near(normalizedDiscountedCumulativeGain(relevance, score), gain / (3 + 2 / Math.log2(3)));
  near(meanAveragePrecision(relevance, score).value, (1 + 2 / 3) / 2);
  near(meanReciprocalRank([[0, 1, 0, 0]], score).value, 1 / 2);
  assert.deepEqual(retrievalAtK(relevance, score, 2), { precision: 0.5, recall: 0.5, hitRate: 1 });
  near(labelRankingAveragePrecision(relevance, score), (1 + 2 / 3) / 2);
});

test('tied scores share the gain of their positions', () => {
  const discount = 1 + 1 / Math.log2(3);
  near(discountedCumulativeGain([[4, 0]], [[0.5, 0.5]]), 2 * discount);
});

test('a query without relevant items counts zero', () => {
  assert.equal(normalizedDiscountedCumulativeGain([[0, 0]], [[1, 2]]), 0);
  assert.deepEqual(meanAveragePrecision([[0, 0]], [[1, 2]]).perQuery, [0]);
});
