import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { andersonDarling } from './anderson-darling.ts';
import { energyDistance, wassersteinDistance } from './cdf-distance.ts';
import { association, chiSquareContingency, chiSquareGoodnessOfFit } from './contingency.ts';
import { cramerVonMises } from './cramer-von-mises.ts';
import { eppsSingleton } from './epps-singleton.ts';
import { fisherExact } from './fisher-exact.ts';
import { kolmogorovSurvival, smirnovSurvival } from './kolmogorov-distribution.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { mannWhitney } from './mann-whitney.ts';
import { tInterval, tTest } from './t-test.ts';

function near(actual: number | null, expected: number, tolerance = 1e-10): void {
  assert.ok(actual !== null && Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

const sample = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 25 });

test('Kolmogorov-Smirnov counts paths exactly', () => {
  // Two fully separated samples of 3 and 4: 2 of the C(7, 3) = 35 paths reach D = 1.
  const separated = kolmogorovSmirnov([1, 2, 3], [4, 5, 6, 7]);
  assert.equal(separated.statistic, 1);
  near(separated.p, 2 / 35);
  near(kolmogorovSmirnov([1, 2, 3], [4, 5, 6, 7], { alternative: 'greater', method: 'exact' }).p, 1 / 35);
  near(kolmogorovSmirnov([1, 2, 3], [4, 5, 6]).p, 2 / 20);
  assert.equal(separated.location, 3);
  assert.equal(separated.sign, 1);
});

test('Kolmogorov-Smirnov is symmetric, bounded, and zero on itself', () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const one = kolmogorovSmirnov(a, b);
      const other = kolmogorovSmirnov(b, a);
      assert.equal(one.statistic, other.statistic);
      near(one.p, other.p ?? -1);
      assert.ok((one.statistic ?? -1) >= 0 && (one.statistic ?? 2) <= 1);
      assert.ok((one.p ?? -1) >= 0 && (one.p ?? 2) <= 1);
      const self = kolmogorovSmirnov(a, [...a].reverse());
      assert.equal(self.statistic, 0);
      assert.equal(self.p, 1);
    }),
  );
});

test('the one-sample law agrees between its formulas', () => {
  // n = 1: P(D >= d) = 2 (1 - d) for d >= 1/2; n = 2, d in [1/4, 1/2]: 1 - 2 (2d - 1/2)^2.
  near(kolmogorovSurvival(1, 0.75), 0.5);
  near(kolmogorovSurvival(2, 0.4), 1 - 2 * 0.3 ** 2);
  near(smirnovSurvival(1, 0.3), 0.7);
  // The known 5 % point of n = 10 is 0.40925.
  near(kolmogorovSurvival(10, 0.40925), 0.05, 1e-5);
  // Matrix and expansion meet where the choice changes.
  near(kolmogorovSurvival(141, 0.05), kolmogorovSurvival(140, 0.05), 0.01);
  near(kolmogorovSurvival(2000, 1.3581 / Math.sqrt(2000)), 0.05, 2e-3);
});

test('empty samples and NaN are not computable', () => {
  for (const [a, b] of [
    [[], [1]],
    [[1], []],
    [[Number.NaN], [1]],
  ] as const) {
    assert.equal(kolmogorovSmirnov(a, b).statistic, null);
    assert.equal(mannWhitney(a, b).p, null);
    assert.equal(wassersteinDistance(a, b), null);
    assert.equal(tTest(a, b).statistic, null);
    assert.equal(andersonDarling(a, b).statistic, null);
    assert.equal(cramerVonMises(a, b, 'asymptotic').p, null);
    assert.equal(eppsSingleton(a, b).p, null);
  }
});

test('Wasserstein is a distance and moves with a shift', () => {
  near(wassersteinDistance([0, 1], [0, 3]), 1);
  near(wassersteinDistance([0], [1, 2, 3]), 2);
  fc.assert(
    fc.property(sample, sample, fc.integer({ min: -9, max: 9 }), (a, b, c) => {
      near(wassersteinDistance(a, b), wassersteinDistance(b, a) ?? -1);
      near(
        wassersteinDistance(
          a,
          a.map((x) => x + c),
        ),
        Math.abs(c),
      );
      near(
        wassersteinDistance(
          a.map((x) => x + c),
          b.map((x) => x + c),
        ),
        wassersteinDistance(a, b) ?? -1,
      );
      assert.ok((energyDistance(a, b) ?? -1) >= 0);
      assert.equal(energyDistance(a, a), 0);
    }),
  );
});

test('Mann-Whitney counts arrangements, and corrects ties in the normal approximation', () => {
  // U = 0 for 3 against 4 separated: 1 of 35 each way.
  const exact = mannWhitney([1, 2, 3], [4, 5, 6, 7]);
  assert.equal(exact.statistic, 0);
  near(exact.p, 2 / 35);
  near(mannWhitney([1, 2, 3], [4, 5, 6, 7], { alternative: 'greater' }).p, 1);
  assert.equal(mannWhitney([1, 1], [1, 1, 1]).p, 1);
});

test('t tests by hand', () => {
  // Means 2 and 4, variances 1 and 1, three rows each: t = -2 / sqrt(2/3), df 4.
  const student = tTest([1, 2, 3], [3, 4, 5], { equalVariances: true });
  near(student.statistic, -2 / Math.sqrt(2 / 3));
  assert.equal(student.df, 4);
  // P(|T_4| > 2.449…) in closed form: 1 - sin(a)(1 + cos(a)^2 / 2), tan a = t / 2.
  const angle = Math.atan(Math.sqrt(6) / 2);
  near(student.p, 1 - Math.sin(angle) * (1 + Math.cos(angle) ** 2 / 2));
  const interval = tInterval(student);
  near(((interval?.low ?? 0) + (interval?.high ?? 0)) / 2, -2);
  near(interval?.high ?? null, -2 + 2.7764451051977934 * Math.sqrt(2 / 3), 1e-8);
  assert.equal(tTest([1, 1], [1, 1]).statistic, null);
  assert.equal(tTest([1, 1], [2, 2]).p, 0);
});

test('the contingency chi-square of a 2 x 2 table', () => {
  const { statistic, p, df, expected } = chiSquareContingency([10, 20], [20, 10]);
  near(statistic, 20 / 3);
  assert.equal(df, 1);
  near(p, 0.009823274507519235, 1e-12);
  assert.deepEqual(expected, [
    [15, 15],
    [15, 15],
  ]);
  near(chiSquareContingency([10, 20], [20, 10], { yates: true }).statistic, (4 * 4.5 ** 2) / 15);
  near(association([10, 20], [20, 10], 'cramer'), 1 / 3);
  assert.deepEqual(chiSquareContingency([3, 0], [5, 0]).statistic, 0);
  assert.equal(chiSquareContingency([0, 0], [5, 1]).statistic, null);
  assert.equal(chiSquareGoodnessOfFit([5, 1], [6, 0]).statistic, Infinity);
});

test('Fisher counts the tables at most as likely', () => {
  // Tea tasting: 3 right of 4 and 4.
  const { oddsRatio, p } = fisherExact(3, 1, 1, 3);
  assert.equal(oddsRatio, 9);
  near(p, 34 / 70);
  assert.deepEqual(fisherExact(0, 0, 1, 3), { oddsRatio: null, p: 1 });
});

test('rank-based distances stay in bounds and know identical samples', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 6, maxLength: 20 }), (a) => {
      const b = a.map((x) => x + 100);
      const apart = cramerVonMises(a, b, 'asymptotic');
      const same = cramerVonMises(a, a, 'asymptotic');
      assert.ok((apart.statistic ?? 0) > (same.statistic ?? 0));
      assert.ok((apart.p ?? 1) <= (same.p ?? 0));
      const p = andersonDarling(a, b).p;
      assert.ok(p !== null && p >= 0.001 && p <= 0.25);
    }),
  );
  near(cramerVonMises([1, 2], [3, 4], 'exact').p, 2 / 6);
});
