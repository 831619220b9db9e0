import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MlInputError } from '../ml-input-error.ts';
import { binaryClassificationMetrics } from './binary-classification-metrics.ts';
import { averagePrecision, precisionRecallCurve } from './precision-recall.ts';
import { brierScore, logLoss, logLossSkill } from './probability-losses.ts';
import { rocAuc, rocCurve } from './roc.ts';

function near(actual: number | null, expected: number, tolerance = 1e-12): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test('one call reports ranking, probability and threshold metrics', () => {
  const metrics = binaryClassificationMetrics([1, 0, 1, 0, 1], [0.9, 0.8, 0.6, 0.3, 0.2]);
  // Pairs won: (0.9 > 0.8, 0.3), (0.6 > 0.3), (0.2 none): 3 of 6.
  near(metrics.rocAuc, 0.5);
  // Positives at ranks 1, 3, 5: (1 + 2/3 + 3/5) / 3.
  near(metrics.prAuc, (1 + 2 / 3 + 3 / 5) / 3);
  near(metrics.brier, (0.01 + 0.64 + 0.16 + 0.09 + 0.64) / 5);
  assert.deepEqual(metrics.confusion, { tn: 1, fp: 1, fn: 1, tp: 2 });
  near(metrics.precision, 2 / 3);
  near(metrics.recall, 2 / 3);
  near(metrics.f1, 2 / 3);
  near(metrics.specificity, 1 / 2);
  near(metrics.accuracy, 3 / 5);
  near(metrics.mcc, (2 * 1 - 1 * 1) / Math.sqrt(3 * 3 * 2 * 2));
  near(metrics.baseRate, 0.6);
});

test('tied scores count half a pair and share one threshold', () => {
  near(rocAuc([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]), 0.5);
  near(averagePrecision([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5]), 0.5);
  assert.equal(rocCurve([0, 1], [0.5, 0.5]).thresholds.length, 2);
});

test('a weight of two equals the row twice', () => {
  const weighted = binaryClassificationMetrics([1, 0, 0], [0.7, 0.6, 0.9], { weight: [2, 1, 1] });
  const repeated = binaryClassificationMetrics([1, 1, 0, 0], [0.7, 0.7, 0.6, 0.9]);
  near(weighted.rocAuc, repeated.rocAuc ?? Number.NaN);
  near(weighted.prAuc, repeated.prAuc ?? Number.NaN);
  near(weighted.logLoss, repeated.logLoss ?? Number.NaN);
  assert.deepEqual(weighted.confusion, repeated.confusion);
});

test('what one class cannot answer is null, never a number', () => {
  const metrics = binaryClassificationMetrics([0, 0, 0], [0.1, 0.2, 0.3]);
  assert.equal(metrics.rocAuc, null);
  assert.equal(metrics.prAuc, null);
  assert.equal(metrics.recall, null);
  assert.equal(metrics.balancedAccuracy, null);
});

test('scores outside [0, 1] rank but have no probability metrics', () => {
  const metrics = binaryClassificationMetrics([0, 1], [-3, 7]);
  assert.equal(metrics.rocAuc, 1);
  assert.equal(metrics.logLoss, null);
  assert.equal(metrics.ece, null);
});

test('bad rows are refused with a code', () => {
  const codeOf = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      if (error instanceof MlInputError) return error.code;
    }
    return 'nothing thrown';
  };
  assert.equal(
    codeOf(() => binaryClassificationMetrics([], [])),
    'ROWS_EMPTY',
  );
  assert.equal(
    codeOf(() => binaryClassificationMetrics([1, 0], [0.2])),
    'COLUMN_LENGTH_MISMATCH',
  );
  assert.equal(
    codeOf(() => binaryClassificationMetrics([1, 2], [0.2, 0.3])),
    'LABEL_NOT_BINARY',
  );
  assert.equal(
    codeOf(() => rocAuc([1, 0], [Number.NaN, 0.3])),
    'VALUE_NOT_FINITE',
  );
  assert.equal(
    codeOf(() => logLoss([1, 0], [1.2, 0.3])),
    'PROBABILITY_OUT_OF_RANGE',
  );
  assert.equal(
    codeOf(() => rocAuc([1, 0], [0.1, 0.3], { weight: [-1, 1] })),
    'WEIGHT_INVALID',
  );
});

test('log loss clips certain errors instead of becoming infinite', () => {
  near(logLoss([1, 0], [0, 0]), (-Math.log(2 ** -52) + -Math.log(1 - 2 ** -52)) / 2, 1e-9);
  near(brierScore([1, 0], [0, 0]), 0.5);
});

test('predicting the base rate removes no log loss', () => {
  near(logLossSkill([1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]), 0);
});

test('the partial area of a perfect ranking is 1 and of chance 1/2', () => {
  near(rocAuc([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], { maxFpr: 0.2 }), 1);
  near(rocAuc([0, 1, 0, 1], [0.5, 0.5, 0.5, 0.5], { maxFpr: 0.2 }), 0.5);
});

test('the precision-recall curve ends in precision 1 at recall 0', () => {
  const curve = precisionRecallCurve([0, 1, 1], [0.1, 0.4, 0.35]);
  assert.deepEqual(Array.from(curve.precision), [2 / 3, 1, 1, 1]);
  assert.deepEqual(Array.from(curve.recall), [1, 1, 0.5, 0]);
});

const rows = fc.array(
  fc.record({ y: fc.integer({ min: 0, max: 1 }), s: fc.double({ min: 0, max: 1, noNaN: true }) }),
  { minLength: 2, maxLength: 60 },
);

test('ranking metrics ignore row order and any increasing change of the scores', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const y = sample.map((row) => row.y);
      const s = sample.map((row) => Math.round(row.s * 20) / 20);
      const reversed = binaryClassificationMetrics([...y].reverse(), [...s].reverse());
      const stretched = s.map((value) => value * 8 - 3);
      const plain = rocAuc(y, s);
      assert.equal(reversed.rocAuc === null, plain === null);
      if (plain === null) return;
      near(reversed.rocAuc, plain);
      near(rocAuc(y, stretched), plain);
      near(averagePrecision(y, stretched), averagePrecision(y, s) ?? Number.NaN);
      // Turning labels and scores around keeps every pair.
      near(
        rocAuc(
          y.map((label) => 1 - label),
          s.map((value) => 1 - value),
        ),
        plain,
      );
    }),
  );
});

test('a large column is ranked like a small one', () => {
  const n = 5000;
  const y = Float64Array.from({ length: n }, (_, i) => ((i * 7919) % 13 < 3 ? 1 : 0));
  const s = Float64Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 3 - (i % 2));
  let wins = 0;
  let pairs = 0;
  for (let i = 0; i < n; i++) {
    if (y[i] !== 1) continue;
    for (let j = 0; j < n; j++) {
      if (y[j] !== 0) continue;
      pairs++;
      if ((s[i] ?? 0) > (s[j] ?? 0)) wins++;
      else if (s[i] === s[j]) wins += 0.5;
    }
  }
  near(rocAuc(y, s), wins / pairs);
});
