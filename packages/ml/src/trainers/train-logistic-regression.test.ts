import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../random.ts';
import type { Dataset } from './dataset.ts';
import { predict } from './predict.ts';
import { trainLogisticRegression } from './train-logistic-regression.ts';

const SMALL: Dataset = {
  rows: 12,
  columns: [
    Float64Array.of(0.5, 1.2, -0.3, 2.1, -1.4, 0.1, 1.8, -0.9, 0.7, -0.2, 1.1, -1.7),
    Float64Array.of(100, 140, 90, 95, 160, 130, 120, 85, 150, 105, 98, 142),
  ],
  names: ['a', 'b'],
};
const TWO = [1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0];
const THREE = [1, 1, 0, 2, 0, 1, 2, 0, 2, 1, 1, 0];
const WEIGHTS = [1, 2, 1, 1, 0.5, 1, 1, 3, 1, 1, 1, 1];

// Reference values: scikit-learn 1.9.1, LogisticRegression(C, solver='newton-cg', tol=1e-12, max_iter=10000).
test('two classes: equals scikit-learn', () => {
  const { model } = trainLogisticRegression({ features: SMALL, labels: TWO }, { C: 1, tolerance: 1e-10 });
  assertClose(model.coefficients, [0.8954695650295528, -0.00268605622989431]);
  assertClose(model.intercepts, [0.08054521529919993]);
});

test('two classes with weights and a weak penalty: equals scikit-learn', () => {
  const { model } = trainLogisticRegression(
    { features: SMALL, labels: TWO, weights: WEIGHTS },
    { C: 50, tolerance: 1e-10 },
  );
  assertClose(model.coefficients, [1.5313615262153948, 0.01017417162308492]);
  assertClose(model.intercepts, [-1.5991804046029705]);
});

test('three classes: equals scikit-learn', () => {
  const { model } = trainLogisticRegression({ features: SMALL, labels: THREE }, { C: 0.5, tolerance: 1e-10 });
  assertClose(
    model.coefficients,
    [
      -0.938052921094145, -0.010451424071355719, 0.14125149382214872, -0.0052928815307576585,
      0.7968014272719963, 0.01574430560212174,
    ],
  );
  assertClose(model.intercepts, [1.3550746816626018, 1.0732159880678656, -2.428290669730466]);
});

test('the gradient is zero at the end, and the intercept alone gives the base rate when C is tiny', () => {
  const result = trainLogisticRegression({ features: SMALL, labels: TWO }, { C: 1e-12 });
  assert.ok(result.converged && result.gradientNorm <= 1e-8);
  const answer = predict(result.model, SMALL);
  assert.ok(answer.kind === 'classification');
  for (let row = 0; row < 12; row++)
    assert.ok(Math.abs((answer.probabilities[2 * row + 1] ?? 0) - 0.5) < 1e-6);
});

test('converges on features of very different scales', () => {
  const random = createRandom(1);
  const columns = [1e-6, 1, 1e6].map((scale) =>
    Float64Array.from({ length: 500 }, () => scale * (5 + random.normal())),
  );
  const labels = Array.from({ length: 500 }, (_, row) =>
    (columns[1]?.[row] ?? 0) > 5 + random.normal() ? 1 : 0,
  );
  const result = trainLogisticRegression({
    features: { rows: 500, columns, names: ['a', 'b', 'c'] },
    labels,
  });
  assert.ok(result.converged);
  assert.ok(result.iterations < 20);
});

test('separable classes still end, as the penalty bounds the coefficients', () => {
  const x = Float64Array.from({ length: 100 }, (_, row) => row - 50);
  const labels = Array.from(x, (value) => (value >= 0 ? 1 : 0));
  const result = trainLogisticRegression(
    { features: { rows: 100, columns: [x], names: ['x'] }, labels },
    { C: 100 },
  );
  assert.ok(result.converged);
});

test('the loss falls at every step, and an answer of false stops', () => {
  const losses: number[] = [];
  const onIteration = ({ loss }: { loss: number }) => {
    losses.push(loss);
    return losses.length < 2;
  };
  const result = trainLogisticRegression({ features: SMALL, labels: TWO }, { C: 10, onIteration });
  assert.equal(result.iterations, 2);
  assert.equal(result.converged, false);
  assert.ok((losses[0] ?? 0) < Math.LN2 && (losses[1] ?? 0) < (losses[0] ?? 0));
});

test('a constant column gets the coefficient 0', () => {
  const features = {
    rows: 12,
    columns: [SMALL.columns[0] ?? new Float64Array(12), new Float64Array(12).fill(7)],
    names: ['a', 'c'],
  };
  const { model } = trainLogisticRegression({ features, labels: TWO });
  assert.ok(Math.abs(model.coefficients[1] ?? 1) < 1e-12);
});

test('unusable input is refused with a code', () => {
  const attempt =
    (input: object, options: object = {}) =>
    () =>
      trainLogisticRegression({ features: SMALL, labels: TWO, ...input }, options);
  const withMissing = {
    ...SMALL,
    columns: [SMALL.columns[0], Float64Array.from({ length: 12 }, (_, i) => (i === 4 ? Number.NaN : i))],
  };
  const refusals: [string, () => unknown][] = [
    ['NON_FINITE_FEATURE', attempt({ features: withMissing })],
    ['LABELS_ONE_CLASS', attempt({ labels: TWO.map(() => 0) })],
    ['LABELS_NOT_FINITE', attempt({ labels: TWO.map(() => Number.NaN) })],
    ['COLUMN_LENGTH_MISMATCH', attempt({ labels: [0, 1] })],
    ['WEIGHTS_INVALID', attempt({ weights: TWO.map(() => Number.NaN) })],
    ['OPTION_INVALID', attempt({}, { C: 0 })],
    [
      'ROWS_EMPTY',
      attempt({ features: { rows: 0, columns: [new Float64Array(0)], names: ['a'] }, labels: [] }),
    ],
  ];
  for (const [code, refused] of refusals) assert.throws(refused, { name: 'MlInputError', code });
});

function assertClose(actual: Float64Array, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(
      Math.abs((actual[i] ?? 0) - value) <= 1e-6 * Math.max(1, Math.abs(value)),
      `${actual[i]} is not ${value}`,
    );
  }
}
