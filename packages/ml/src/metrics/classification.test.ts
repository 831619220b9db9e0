import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrationCurve, expectedCalibrationError } from './calibration.ts';
import {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  hammingLoss,
  jaccardMacro,
  matthewsCorrelation,
  perClassScores,
  precisionRecallF1,
} from './classification.ts';
import { confusionMatrix } from './confusion-matrix.ts';
import { multiclassBrier, multiclassLogLoss, multiclassRocAuc, topKAccuracy } from './multiclass.ts';

const truth = ['cat', 'dog', 'dog', 'owl', 'owl', 'owl'];
const guess = ['cat', 'dog', 'owl', 'owl', 'cat', 'owl'];

function near(actual: number | null, expected: number): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= 1e-12, `${actual} is not ${expected}`);
}

test('the confusion matrix has true classes as rows, sorted', () => {
  assert.deepEqual(confusionMatrix(truth, guess), {
    labels: ['cat', 'dog', 'owl'],
    matrix: [
      [1, 0, 0],
      [0, 1, 1],
      [1, 0, 2],
    ],
  });
  assert.deepEqual(confusionMatrix([10, 2], [2, 10]).labels, [2, 10]);
});

test('class scores and their averages follow from the matrix', () => {
  near(accuracy(truth, guess), 4 / 6);
  near(hammingLoss(truth, guess), 2 / 6);
  near(balancedAccuracy(truth, guess), (1 + 1 / 2 + 2 / 3) / 3);
  const { precision, recall, f1, support } = perClassScores(truth, guess);
  assert.deepEqual(precision, [1 / 2, 1, 2 / 3]);
  assert.deepEqual(recall, [1, 1 / 2, 2 / 3]);
  assert.deepEqual(support, [1, 2, 3]);
  const macro = precisionRecallF1(truth, guess, { average: 'macro' });
  near(macro.f1, ((f1[0] ?? 0) + (f1[1] ?? 0) + (f1[2] ?? 0)) / 3);
  near(precisionRecallF1(truth, guess, { average: 'micro' }).f1, 4 / 6);
  near(precisionRecallF1(truth, guess, { average: 'weighted' }).recall, 4 / 6);
  near(jaccardMacro(truth, guess), (1 / 2 + 1 / 2 + 2 / 4) / 3);
});

test('agreement beyond chance', () => {
  // Two classes, 8 of 10 right, both sides 5 : 5: kappa = (0.8 - 0.5) / 0.5.
  const y = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
  const p = [0, 0, 0, 0, 1, 0, 1, 1, 1, 1];
  near(cohenKappa(y, p), 0.6);
  near(matthewsCorrelation(y, p), 0.6);
  assert.equal(cohenKappa([1, 1], [1, 1]), null);
  assert.equal(matthewsCorrelation([1, 1], [1, 0]), 0);
  assert.equal(balancedAccuracy([1, 1], [1, 0], { adjusted: true }), null);
});

test('mixed or fractional labels are refused', () => {
  assert.throws(() => accuracy([1, 'a'], [1, 'a']), { code: 'LABEL_KINDS_MIXED' });
  assert.throws(() => accuracy([0.5, 1], [0.5, 1]), { code: 'LABEL_INVALID' });
  assert.throws(() => accuracy([], []), { code: 'ROWS_EMPTY' });
});

test('calibration error weighs gaps by bin share', () => {
  // Bin 2 (0.2 … 0.3): mean score 0.25, one positive of two; bin 9: mean score 0.95, one of one.
  const { ece, mce, binCounts } = expectedCalibrationError([0, 1, 1], [0.22, 0.28, 0.95]);
  near(ece, (2 / 3) * 0.25 + (1 / 3) * 0.05);
  near(mce, 0.25);
  assert.equal(binCounts[2], 2);
  const curve = calibrationCurve([0, 1, 1], [0.22, 0.28, 0.95], { bins: 2 });
  assert.deepEqual(curve.counts, [2, 1]);
  near(curve.predicted[0] ?? null, 0.25);
  near(curve.observed[0] ?? null, 0.5);
});

test('a probability of exactly 1 belongs to the last bin', () => {
  assert.equal(expectedCalibrationError([1, 1], [1, 1]).binCounts[9], 2);
});

test('multi-class metrics over score rows', () => {
  const y = [0, 1, 2];
  const scores = [
    [0.7, 0.2, 0.1],
    [0.3, 0.4, 0.3],
    [0.2, 0.5, 0.3],
  ];
  near(multiclassLogLoss(y, scores), -(Math.log(0.7) + Math.log(0.4) + Math.log(0.3)) / 3);
  near(multiclassBrier(y, scores), (0.14 + 0.54 + 0.78) / 3);
  near(topKAccuracy(y, scores, 1), 2 / 3);
  near(topKAccuracy(y, scores, 2), 1);
  // Class 0: 1, class 1: 1/2, class 2: 3/4 (a tie).
  near(multiclassRocAuc(y, scores, { comparison: 'ovr', average: 'macro' }), (1 + 0.5 + 0.75) / 3);
  assert.equal(
    multiclassRocAuc([0, 0, 1], scores, { comparison: 'ovr', average: 'macro' }),
    null,
    'a class without rows has no curve',
  );
});
