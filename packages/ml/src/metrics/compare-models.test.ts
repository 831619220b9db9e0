import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../random.ts';
import { argsort, argsortDescending } from './argsort.ts';
import { type ComparedMetric, compareModels } from './compare-models.ts';
import { networkArgsort } from './network-argsort.ts';
import { createPoissonCounts } from './poisson-counts.ts';
import { averagePrecision } from './precision-recall.ts';
import { logLoss } from './probability-losses.ts';
import { rocAuc } from './roc.ts';

function scoredRows(n: number, seed: number, noiseA: number, noiseB: number) {
  const random = createRandom(seed);
  const yTrue = new Uint8Array(n);
  const scoreA = new Float64Array(n);
  const scoreB = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const signal = random.normal();
    yTrue[i] = random.next() < 1 / (1 + Math.exp(1 - 2 * signal)) ? 1 : 0;
    scoreA[i] = 1 / (1 + Math.exp(1 - 2 * signal - noiseA * random.normal()));
    scoreB[i] = 1 / (1 + Math.exp(1 - 2 * signal - noiseB * random.normal()));
  }
  return { yTrue, scoreA, scoreB };
}

test('the point values are the metrics themselves', () => {
  const rows = scoredRows(500, 1, 1, 1);
  for (const metric of ['pr_auc', 'roc_auc', 'log_loss', 'brier'] as ComparedMetric[]) {
    const { a, b, difference } = compareModels({ ...rows, metric, seed: 1, resamples: 5 });
    assert.ok(a !== null && b !== null && difference !== null);
    if (metric === 'pr_auc')
      assert.ok(Math.abs(a - (averagePrecision(rows.yTrue, rows.scoreA) ?? 0)) < 1e-12);
    if (metric === 'roc_auc') assert.ok(Math.abs(b - (rocAuc(rows.yTrue, rows.scoreB) ?? 0)) < 1e-12);
    if (metric === 'log_loss') assert.ok(Math.abs(a - logLoss(rows.yTrue, rows.scoreA)) < 1e-12);
    assert.ok(Math.abs(difference - (b - a)) < 1e-12);
  }
});

test('a clearly better model is found whichever way the metric points', () => {
  const rows = scoredRows(3000, 2, 3, 0.2);
  for (const metric of ['pr_auc', 'roc_auc', 'log_loss', 'brier'] as ComparedMetric[]) {
    const comparison = compareModels({ ...rows, metric, seed: 9, resamples: 200 });
    assert.equal(comparison.verdict, 'b_better');
    assert.equal(comparison.shareNotBetter, 1 / 201);
    const turned = compareModels({
      yTrue: rows.yTrue,
      scoreA: rows.scoreB,
      scoreB: rows.scoreA,
      metric,
      seed: 9,
      resamples: 200,
    });
    assert.equal(turned.verdict, 'a_better');
  }
});

test('a model against itself shows no difference', () => {
  const { yTrue, scoreA } = scoredRows(400, 3, 1, 1);
  const comparison = compareModels({
    yTrue,
    scoreA,
    scoreB: scoreA,
    metric: 'pr_auc',
    seed: 4,
    resamples: 50,
  });
  assert.equal(comparison.difference, 0);
  assert.equal(comparison.lower, 0);
  assert.equal(comparison.upper, 0);
  assert.equal(comparison.verdict, 'no_difference');
  assert.equal(comparison.shareNotBetter, 1);
});

test('the same seed gives the same interval, another seed another', () => {
  const rows = scoredRows(400, 5, 1, 1.2);
  const once = compareModels({ ...rows, metric: 'roc_auc', seed: 7, resamples: 100 });
  assert.deepEqual(compareModels({ ...rows, metric: 'roc_auc', seed: 7, resamples: 100 }), once);
  assert.notEqual(compareModels({ ...rows, metric: 'roc_auc', seed: 8, resamples: 100 }).lower, once.lower);
});

test('one class alone is not computable', () => {
  const comparison = compareModels({
    yTrue: [0, 0],
    scoreA: [0.1, 0.2],
    scoreB: [0.2, 0.1],
    metric: 'roc_auc',
    seed: 1,
    resamples: 10,
  });
  assert.equal(comparison.verdict, 'not_computable');
  assert.equal(comparison.difference, null);
});

test('two equally noisy models are told apart about as often as alpha says', () => {
  let found = 0;
  const studies = 120;
  for (let study = 0; study < studies; study++) {
    const rows = scoredRows(300, 1000 + study, 1, 1);
    const { verdict } = compareModels({
      ...rows,
      metric: 'roc_auc',
      seed: study,
      resamples: 200,
      alpha: 0.1,
    });
    if (verdict !== 'no_difference') found++;
  }
  // Binomial(120, 0.1): 12 expected, 3 sigma is 9.9.
  assert.ok(found >= 2 && found <= 24, `${found} of ${studies}`);
});

test('stratified resamples keep the interval centred', () => {
  const rows = scoredRows(1500, 6, 1.5, 1);
  const plain = compareModels({ ...rows, metric: 'pr_auc', seed: 1, resamples: 200 });
  const stratified = compareModels({ ...rows, metric: 'pr_auc', seed: 1, resamples: 200, stratified: true });
  assert.equal(stratified.difference, plain.difference);
  for (const { lower, upper, difference } of [plain, stratified]) {
    assert.ok(lower !== null && upper !== null && difference !== null);
    assert.ok(lower < difference && difference < upper);
  }
});

test('resampling counts have the mean and variance of Poisson(1)', () => {
  const counts = new Uint8Array(200001);
  createPoissonCounts(createRandom(11)).fill(counts);
  let sum = 0;
  let squares = 0;
  let zeros = 0;
  for (const count of counts) {
    sum += count;
    squares += count * count;
    if (count === 0) zeros++;
  }
  const mean = sum / counts.length;
  assert.ok(Math.abs(mean - 1) < 0.01);
  assert.ok(Math.abs(squares / counts.length - mean * mean - 1) < 0.02);
  assert.ok(Math.abs(zeros / counts.length - Math.exp(-1)) < 0.005);
});

test('argsort is ascending and stable at every size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true })), { maxLength: 300 }),
      (values) => {
        const expected = values
          .map((_, i) => i)
          .sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || compareInfinite(values, a, b) || a - b);
        assert.deepEqual(Array.from(argsort(values)), expected);
      },
    ),
  );
  const large = Float64Array.from({ length: 6000 }, (_, i) => Math.round(Math.sin(i) * 50) / 10);
  const order = argsort(large);
  for (let i = 1; i < order.length; i++) {
    const before = order[i - 1] ?? 0;
    const after = order[i] ?? 0;
    const gap = (large[after] ?? 0) - (large[before] ?? 0);
    assert.ok(gap > 0 || (gap === 0 && after > before));
  }
  assert.equal(large[argsortDescending(large)[0] ?? 0], 5);
});

// Infinity - Infinity is NaN: equal.
function compareInfinite(values: number[], a: number, b: number): number {
  return values[a] === values[b] ? 0 : (values[a] ?? 0) < (values[b] ?? 0) ? -1 : 1;
}

test('the network sorts any column', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 256 }), (values) => {
      const order = Array.from(networkArgsort(values));
      assert.deepEqual(
        order.map((row) => values[row]),
        [...values].sort((a, b) => a - b),
      );
      assert.equal(new Set(order).size, values.length);
    }),
  );
});
