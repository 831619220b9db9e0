import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { betaQuantile, regularizedBeta, studentQuantile, studentTwoSided } from './beta-functions.ts';
import { brentRoot } from './brent-root.ts';
import { chiSquareSurvival, chiSquareUpperQuantile, logGamma } from './gamma-functions.ts';
import {
  erfc,
  logNormalCdf,
  normalCdf,
  normalQuantile,
  normalQuantileOfLog,
  normalSurvival,
} from './normal-distribution.ts';
import { logNormalMass, truncatedNormalQuantile } from './truncated-normal.ts';

function nearRelative(actual: number, expected: number, tolerance = 1e-13): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${actual} is not ${expected}`);
}

test('the normal law to machine precision', () => {
  nearRelative(erfc(1), 0.15729920705028513);
  nearRelative(erfc(5), 1.5374597944280349e-12);
  nearRelative(erfc(-0.5), 1.5204998778130465);
  nearRelative(normalCdf(-1.959963984540054), 0.025, 1e-12);
  nearRelative(normalSurvival(8), 6.220960574271785e-16, 1e-12);
  // Mills' ratio: ln P(Z < -40) = -804.6084420137538.
  nearRelative(logNormalCdf(-40), -804.6084420137538);
  assert.equal(normalQuantile(0), -Infinity);
  assert.equal(normalQuantile(1), Infinity);
  assert.ok(Number.isNaN(normalQuantile(-0.1)));
});

test('quantiles invert their distribution', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (p) => {
      nearRelative(normalCdf(normalQuantile(p)), p, 1e-10);
      nearRelative(regularizedBeta(betaQuantile(p, 2.5, 4), 2.5, 4), p, 1e-9);
    }),
  );
  nearRelative(normalQuantileOfLog(-800), -39.88469483825668, 1e-9);
  nearRelative(studentQuantile(0.975, 10), 2.2281388519649385, 1e-10);
  nearRelative(chiSquareUpperQuantile(0.05, 1), 3.841458820694124, 1e-10);
});

test('gamma and beta functions at known points', () => {
  nearRelative(logGamma(0.5), 0.5 * Math.log(Math.PI));
  nearRelative(logGamma(11), Math.log(3628800));
  nearRelative(chiSquareSurvival(2, 2), Math.exp(-1));
  nearRelative(chiSquareSurvival(4, 6), 5 * Math.exp(-2));
  nearRelative(chiSquareSurvival(1100, 1000), 0.0146144081262951, 1e-10);
  nearRelative(regularizedBeta(0.3, 2, 3), 0.3483, 1e-12);
  nearRelative(studentTwoSided(1, 1), 0.5);
  assert.equal(studentTwoSided(0, 5), 1);
});

test('masses of intervals far in a tail keep their digits', () => {
  nearRelative(logNormalMass(-1, 1), Math.log(0.6826894921370859), 1e-12);
  nearRelative(logNormalMass(30, 31), logNormalMass(-31, -30));
  assert.ok(Number.isFinite(logNormalMass(37, 40)));
});

test('a truncated quantile lies inside and rises with q', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -12, max: 12, noNaN: true }),
      fc.double({ min: 0.01, max: 8, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, width, q) => {
        const b = a + width;
        const x = truncatedNormalQuantile(q, a, b);
        assert.ok(x >= a && x <= b);
        assert.ok(truncatedNormalQuantile(Math.min(1, q + 0.01), a, b) >= x - 1e-9);
      },
    ),
  );
});

test('a root is found where the sign changes, and NaN where it does not', () => {
  nearRelative(
    brentRoot((x) => x * x - 2, 0, 2, 1e-12),
    Math.SQRT2,
    1e-12,
  );
  assert.ok(Number.isNaN(brentRoot((x) => x * x + 1, 0, 2, 1e-12)));
});
