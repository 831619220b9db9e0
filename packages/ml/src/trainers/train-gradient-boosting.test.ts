import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../random.ts';
import { binFeatures } from './bin-features.ts';
import type { Dataset } from './dataset.ts';
import { predict } from './predict.ts';
import { type GradientBoostingOptions, trainGradientBoosting } from './train-gradient-boosting.ts';

const BINARY = { objective: 'binary', seed: 1 } as const;

test('learns an interaction no linear model can, and ranks unseen rows well', () => {
  const train = problem(4000, 1);
  const unseen = problem(2000, 2);
  const { model } = trainGradientBoosting(train, { ...BINARY, iterations: 60 });
  const answer = predict(model, unseen.features);
  assert.ok(answer.kind === 'classification');
  const scores = answer.probabilities.filter((_, i) => i % 2 === 1);
  const area = rankArea(scores, unseen.labels);
  assert.ok(area > 0.93, `area under the ROC curve is ${area}`);
  const [first = 0, second = 0, noise = 0] = model.importance.gain;
  assert.ok(first > 4 * noise && second > 4 * noise);
});

test('the training loss falls with every tree', () => {
  for (const objective of ['binary', 'regression', 'multiclass'] as const) {
    const data = problem(800, 3, objective === 'multiclass' ? 3 : 2);
    const { history } = trainGradientBoosting(data, {
      objective,
      seed: 1,
      iterations: 40,
      trainingLoss: true,
    });
    for (let i = 1; i < history.length; i++) {
      assert.ok(
        (history[i]?.trainingLoss ?? 1) <= (history[i - 1]?.trainingLoss ?? 0) + 1e-12,
        `${objective}: iteration ${i + 1}`,
      );
    }
  }
});

test('the same seed gives the same model and another seed another', () => {
  const data = problem(1000, 4);
  const train = (seed: number) => {
    const options: GradientBoostingOptions = {
      ...BINARY,
      seed,
      iterations: 10,
      baggingFraction: 0.6,
      featureFraction: 0.7,
    };
    return trainGradientBoosting(data, options).model;
  };
  assert.deepEqual(train(3), train(3));
  assert.notDeepEqual(train(3).ensemble, train(4).ensemble);
});

test('the order of the rows does not change a single split', () => {
  const data = problem(1500, 5);
  const order = createRandom(9).shuffle(Array.from({ length: 1500 }, (_, i) => i));
  const shuffled = {
    features: {
      ...data.features,
      columns: data.features.columns.map((column) => Float64Array.from(order, (row) => column[row] ?? 0)),
    },
    labels: order.map((row) => data.labels[row] ?? 0),
  };
  const [a, b] = [data, shuffled].map(
    (rows) => trainGradientBoosting(rows, { ...BINARY, iterations: 10 }).model.ensemble,
  );
  for (const [t, tree] of a?.trees.entries() ?? []) {
    assert.deepEqual(b?.trees[t]?.feature, tree.feature);
    assert.deepEqual(b?.trees[t]?.threshold, tree.threshold);
    for (const [node, value] of tree.values.entries()) {
      assert.ok(Math.abs((b?.trees[t]?.values[node] ?? 0) - value) < 1e-6);
    }
  }
});

test('no leaf holds fewer rows than asked for, and no tree more leaves or depth', () => {
  const { model } = trainGradientBoosting(problem(2000, 6), {
    ...BINARY,
    iterations: 15,
    minSamplesLeaf: 60,
    maxLeaves: 12,
    maxDepth: 4,
  });
  for (const tree of model.ensemble.trees) {
    const leaves = [...tree.feature.keys()].filter((node) => (tree.feature[node] ?? 0) < 0);
    assert.ok(leaves.length <= 12);
    for (const leaf of leaves) assert.ok((tree.cover[leaf] ?? 0) >= 60);
    assert.equal(
      leaves.reduce((sum, leaf) => sum + (tree.cover[leaf] ?? 0), 0),
      2000,
    );
    assert.ok(depthOf(tree.left, tree.right, 0) <= 4);
  }
});

test('a weight of two counts as the row twice', () => {
  const data = problem(200, 7);
  const weights = Array.from({ length: 200 }, (_, row) => 1 + (row % 2));
  const twice = Array.from({ length: 200 }, (_, row) => (row % 2 === 1 ? [row, row] : [row])).flat();
  const repeated = {
    features: {
      rows: twice.length,
      names: data.features.names,
      columns: data.features.columns.map((column) => Float64Array.from(twice, (row) => column[row] ?? 0)),
    },
    labels: twice.map((row) => data.labels[row] ?? 0),
  };
  const options = { ...BINARY, iterations: 8, minSamplesLeaf: 0, minSumHessian: 3 };
  const weighted = predict(trainGradientBoosting({ ...data, weights }, options).model, data.features);
  const plain = predict(trainGradientBoosting(repeated, options).model, data.features);
  assert.ok(weighted.kind === 'classification' && plain.kind === 'classification');
  for (const [i, p] of weighted.probabilities.entries())
    assert.ok(Math.abs(p - (plain.probabilities[i] ?? 0)) < 1e-6);
});

test('missing values go where they lower the loss', () => {
  const random = createRandom(8);
  const values = Float64Array.from({ length: 1000 }, () =>
    random.next() < 0.3 ? Number.NaN : random.normal(),
  );
  const labels = values.map((value) => (Number.isNaN(value) || value > 1 ? 1 : 0));
  const data: Dataset = { rows: 1000, columns: [values], names: ['x'] };
  const { model } = trainGradientBoosting({ features: data, labels }, { ...BINARY, iterations: 30 });
  const answer = predict(model, { rows: 3, columns: [Float64Array.of(Number.NaN, 2, 0)], names: ['x'] });
  assert.deepEqual(answer.kind === 'classification' && [...answer.labels], [1, 1, 0]);
});

test('stops when the validation loss no longer falls, and keeps the best iteration', () => {
  const train = problem(400, 9);
  const validation = problem(400, 10);
  const result = trainGradientBoosting(
    { ...train, validation },
    { ...BINARY, iterations: 500, learningRate: 0.3, earlyStoppingRounds: 10 },
  );
  assert.equal(result.stopped, 'early_stopping');
  assert.equal(result.iterations, result.bestIteration + 10);
  assert.equal(result.model.ensemble.trees.length, result.bestIteration);
  const losses = result.history.map((entry) => entry.validationLoss ?? 0);
  assert.equal(Math.min(...losses), losses[result.bestIteration - 1]);
});

test('an answer of false stops training and keeps the trees so far', () => {
  const seen: number[] = [];
  const result = trainGradientBoosting(problem(300, 1), {
    ...BINARY,
    onIteration: ({ iteration, iterations }) => {
      assert.equal(iterations, 100);
      seen.push(iteration);
      return iteration < 3;
    },
  });
  assert.deepEqual(seen, [1, 2, 3]);
  assert.equal(result.stopped, 'cancelled');
  assert.equal(result.model.ensemble.trees.length, 3);
});

test('a feature that says nothing gives the average, without trees', () => {
  const features = { rows: 100, columns: [new Float64Array(100)], names: ['constant'] };
  const labels = Float64Array.from({ length: 100 }, (_, row) => row % 4);
  const result = trainGradientBoosting({ features, labels }, { objective: 'regression', seed: 1 });
  assert.equal(result.stopped, 'no_more_splits');
  const answer = predict(result.model, features);
  assert.equal(answer.kind === 'regression' && answer.values[0], 1.5);
});

test('bins made once serve many trainings', () => {
  const data = problem(500, 2);
  const binned = binFeatures(data.features);
  const options = { ...BINARY, iterations: 5 };
  const fromBins = trainGradientBoosting({ features: binned, labels: data.labels }, options);
  assert.deepEqual(fromBins.model, trainGradientBoosting(data, options).model);
  assert.deepEqual(
    fromBins.model,
    trainGradientBoosting({ features: binned, labels: data.labels }, options).model,
  );
});

test('with bagging, rows outside the bag get the same scores as by prediction', () => {
  const data = problem(500, 2);
  const { history, model } = trainGradientBoosting(data, {
    ...BINARY,
    iterations: 12,
    baggingFraction: 0.5,
    trainingLoss: true,
  });
  const answer = predict(model, data.features);
  assert.ok(answer.kind === 'classification');
  let loss = 0;
  for (const [row, label] of data.labels.entries())
    loss -= Math.log(answer.probabilities[2 * row + label] ?? 0) / 500;
  assert.ok(Math.abs(loss - (history[11]?.trainingLoss ?? 0)) < 1e-9);
});

test('unusable labels, weights and options are refused with a code', () => {
  const { features } = problem(10, 1);
  const labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
  const attempt =
    (input: object, options: object = {}) =>
    () =>
      trainGradientBoosting({ features, labels, ...input }, { ...BINARY, ...options });
  const refusals: [string, () => unknown][] = [
    ['LABELS_NOT_FINITE', attempt({ labels: labels.map((label, row) => (row === 3 ? Number.NaN : label)) })],
    ['LABELS_NOT_INTEGER', attempt({ labels: labels.map((label) => label + 0.5) })],
    ['LABELS_ONE_CLASS', attempt({ labels: labels.map(() => 1) })],
    ['LABELS_NOT_BINARY', attempt({ labels: labels.map((_, row) => row % 3) })],
    ['COLUMN_LENGTH_MISMATCH', attempt({ labels: [0, 1] })],
    ['COLUMN_LENGTH_MISMATCH', attempt({ weights: [1, 1] })],
    ['WEIGHTS_INVALID', attempt({ weights: labels.map(() => -1) })],
    ['WEIGHTS_INVALID', attempt({ weights: labels.map(() => 0) })],
    ['LABELS_UNKNOWN_CLASS', attempt({ validation: { features, labels: labels.map(() => 2) } })],
    [
      'FEATURE_COUNT_MISMATCH',
      attempt({
        validation: {
          features: { ...features, columns: features.columns.slice(1), names: ['a', 'b'] },
          labels,
        },
      }),
    ],
    ['OPTION_INVALID', attempt({}, { learningRate: 0 })],
    ['OPTION_INVALID', attempt({}, { maxLeaves: 1 })],
    ['OPTION_INVALID', attempt({}, { baggingFraction: 1.5 })],
    ['OPTION_INVALID', attempt({}, { earlyStoppingRounds: 5 })],
  ];
  for (const [code, refused] of refusals) assert.throws(refused, { name: 'MlInputError', code });
});

/** The sign of x0·x1, with noise; x2 says nothing. With three classes, terciles of x0. */
function problem(rows: number, seed: number, classes: 2 | 3 = 2): { features: Dataset; labels: number[] } {
  const random = createRandom(seed);
  const columns = Array.from({ length: 3 }, () => Float64Array.from({ length: rows }, () => random.normal()));
  const labels = Array.from({ length: rows }, (_, row) => {
    const [x = 0, y = 0] = [columns[0]?.[row], columns[1]?.[row]];
    if (classes === 3) return x < -0.4 ? 0 : x < 0.4 ? 1 : 2;
    return x * y + 0.2 * random.normal() > 0 ? 1 : 0;
  });
  return { features: { rows, columns, names: ['x0', 'x1', 'noise'] }, labels };
}

function rankArea(scores: ArrayLike<number>, labels: readonly number[]): number {
  const order = [...labels.keys()].sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  let positives = 0;
  let ranks = 0;
  for (const [rank, row] of order.entries()) {
    if (labels[row] !== 1) continue;
    positives++;
    ranks += rank + 1;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (labels.length - positives));
}

function depthOf(left: Int32Array, right: Int32Array, node: number): number {
  const [l = -1, r = -1] = [left[node], right[node]];
  return l < 0 ? 0 : 1 + Math.max(depthOf(left, right, l), depthOf(left, right, r));
}
