import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../random.ts';
import { cuped } from './controlled-experiment.ts';
import { sampleRatioMismatch } from './sample-ratio-mismatch.ts';
import { cohensH, sampleSizeForT, sampleSizeForZ } from './sample-size.ts';
import {
  confidenceSequenceRho2,
  differenceConfidenceSequence,
  meanConfidenceSequence,
  mixtureSequentialTest,
} from './sequential-tests.ts';

function near(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected}`,
  );
}

test('rho^2 solves x = -2 ln alpha + ln(x + 1)', () => {
  const x = confidenceSequenceRho2(500, 0.05) * 500;
  near(x, -2 * Math.log(0.05) + Math.log(x + 1));
  near(x, 8.212, 5e-4);
  assert.throws(() => confidenceSequenceRho2(500, 1.5), { code: 'ALPHA_OUT_OF_RANGE' });
});

test('the mixture test after one observation, by hand', () => {
  const { logLambda, p, low, high } = mixtureSequentialTest([2], { sigma2: 1, tau2: 1, alpha: 0.05 });
  near(logLambda[0], 0.5 * Math.log(1 / 2) + 4 / 4);
  near(p[0], Math.exp(-(0.5 * Math.log(1 / 2) + 1)));
  near(((low[0] ?? 0) + (high[0] ?? 0)) / 2, 2);
});

test('p only falls, and an interval excludes the null exactly when its own moment rejects', () => {
  const random = createRandom(3);
  const stream = Float64Array.from({ length: 400 }, () => 0.3 + random.normal());
  const result = mixtureSequentialTest(stream, { sigma2: 1, tau2: 0.1, alpha: 0.05 });
  for (let i = 0; i < stream.length; i++) {
    if (i > 0) assert.ok((result.p[i] ?? 1) <= (result.p[i - 1] ?? 0));
    const excluded = (result.low[i] ?? 0) > 0 || (result.high[i] ?? 0) < 0;
    assert.equal(excluded, Math.exp(-(result.logLambda[i] ?? 0)) < 0.05);
  }
  assert.ok(result.firstRejection !== null);
});

test('under no effect a peek at every observation rejects in at most alpha of streams', () => {
  let rejected = 0;
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed);
    const stream = Float64Array.from({ length: 300 }, () => random.normal());
    if (mixtureSequentialTest(stream, { sigma2: 1, tau2: 0.05, alpha: 0.05 }).firstRejection !== null)
      rejected++;
  }
  // At most Binomial(200, 0.05): 10 expected, 3 sigma is 9.2.
  assert.ok(rejected <= 19, `${rejected} of 200`);
});

test('confidence sequences narrow and agree between stream and summary', () => {
  const random = createRandom(5);
  const stream = Float64Array.from({ length: 1000 }, () => random.normal());
  const { low, high } = meanConfidenceSequence(stream, 0.01, 0.05);
  assert.ok((high[999] ?? 0) - (low[999] ?? 0) < (high[99] ?? 0) - (low[99] ?? 0));
  const arm = { rows: 500, mean: 1, variance: 4 };
  const found = differenceConfidenceSequence(arm, { ...arm, mean: 2 }, 0.01, 0.05);
  assert.ok(found);
  near(found.scaledVariance, 1000 * (4 / 500 + 4 / 500));
  near((found.low + found.high) / 2, 1);
  assert.ok(found.p < 0.05 === found.low > 0);
  assert.equal(
    differenceConfidenceSequence({ ...arm, variance: 0 }, { ...arm, variance: 0 }, 0.01, 0.05),
    null,
  );
});

test('a broken assignment shows in the counts', () => {
  near(sampleRatioMismatch([5000, 5000], [1, 1]).p, 1);
  assert.equal(sampleRatioMismatch([5000, 5400], [1, 1]).mismatch, true);
  near(sampleRatioMismatch([900, 100], [0.9, 0.1]).statistic, 0);
  assert.equal(sampleRatioMismatch([0, 0], [1, 1]).p, null);
});

test('CUPED removes what the past explains', () => {
  const before = [1, 2, 3, 4, 5, 6];
  const control = { before, outcome: before.map((x, i) => 2 * x + (i % 2)) };
  const treatment = { before, outcome: before.map((x, i) => 2 * x + 1 + (i % 2)) };
  const found = cuped(control, treatment);
  near(found.difference, 1);
  assert.ok((found.varianceReduction ?? 0) > 0.9);
  const flat = { before: [1, 1, 1], outcome: [1, 2, 3] };
  assert.equal(cuped(flat, flat).theta, null);
});

test('sample sizes match the textbook', () => {
  near(cohensH(0.5, 0.5), 0);
  // n = 2 (z_a + z_b)^2 / h^2 = 15.698 / h^2, the second tail being negligible.
  near(sampleSizeForZ(0.5, 0.05, 0.8), 62.79, 0.01);
  // Cohen 1988: 64 per arm for d = 0.5.
  near(sampleSizeForT(0.5, 0.05, 0.8), 63.77, 0.01);
  assert.equal(sampleSizeForZ(0, 0.05, 0.8), null);
});
