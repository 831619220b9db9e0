import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { adjustPValues, type PAdjustment } from './adjust-p-values.ts';
import {
  hellingerDistance,
  jensenShannonDistance,
  kullbackLeibler,
  lInfinityDistance,
  populationStabilityIndex,
  totalVariationDistance,
} from './divergences.ts';
import { quantileOfSorted, referenceQuantileHistogram, sturgesPooledHistogram } from './histograms.ts';
import { proportionInterval, twoProportionZ } from './proportions.ts';

function near(actual: number | null | undefined, expected: number, tolerance = 1e-12): void {
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected}`,
  );
}

const counts = fc
  .array(fc.integer({ min: 0, max: 50 }), { minLength: 4, maxLength: 4 })
  .filter((c) => c.some(Boolean));

test('divergences of two-bin vectors by hand', () => {
  near(populationStabilityIndex([1, 1], [1, 3]), -0.25 * Math.log(0.5) + 0.25 * Math.log(1.5));
  near(populationStabilityIndex([1, 1], [1, 0]), 0.5 * Math.log(2) + (1e-4 - 0.5) * Math.log(1e-4 / 0.5));
  near(kullbackLeibler([1, 1], [1, 3]), 0.5 * Math.log(2) + 0.5 * Math.log(2 / 3));
  assert.equal(kullbackLeibler([1, 1], [1, 0]), Infinity);
  near(jensenShannonDistance([1, 0], [0, 1]), Math.sqrt(Math.LN2));
  near(jensenShannonDistance([1, 0], [0, 1], 2), 1);
  near(hellingerDistance([1, 0], [0, 1]), 1);
  near(lInfinityDistance([1, 1], [1, 3]), 0.25);
  near(totalVariationDistance([1, 1], [1, 3]), 0.25);
});

test('distances are symmetric, bounded, zero on themselves, and see only proportions', () => {
  fc.assert(
    fc.property(counts, counts, (p, q) => {
      for (const distance of [
        jensenShannonDistance,
        hellingerDistance,
        lInfinityDistance,
        totalVariationDistance,
        populationStabilityIndex,
      ]) {
        near(distance(p, q), distance(q, p) ?? -1, 1e-9);
        near(distance(p, p), 0, 1e-7);
        near(
          distance(p, q),
          distance(
            p.map((x) => 3 * x),
            q,
          ) ?? -1,
          1e-9,
        );
        assert.ok((distance(p, q) ?? -1) >= 0);
      }
      assert.ok((jensenShannonDistance(p, q) ?? 9) <= Math.sqrt(Math.LN2) + 1e-12);
      assert.ok((hellingerDistance(p, q) ?? 9) <= 1);
    }),
  );
});

test('a side without mass is not computable', () => {
  assert.equal(populationStabilityIndex([0, 0], [1, 1]), null);
  assert.equal(jensenShannonDistance([1, 1], [Number.NaN, 1]), null);
  assert.throws(() => populationStabilityIndex([-1, 2], [1, 1]), { code: 'COUNT_NEGATIVE' });
  assert.throws(() => hellingerDistance([1], [1, 1]), { code: 'COLUMN_LENGTH_MISMATCH' });
});

test('pooled bins follow Sturges: ceil(log2 n + 1)', () => {
  const histogram = sturgesPooledHistogram([0, 1, 2, 3], [4, 5, 6, 8]);
  assert.deepEqual(Array.from(histogram.edges), [0, 2, 4, 6, 8]);
  assert.deepEqual(Array.from(histogram.referenceCounts), [2, 2, 0, 0]);
  assert.deepEqual(Array.from(histogram.currentCounts), [0, 0, 2, 2]);
  assert.deepEqual(Array.from(sturgesPooledHistogram([3, 3], [3]).edges), [2.5, 3.5]);
  assert.deepEqual(Array.from(sturgesPooledHistogram([1, Infinity], [Number.NaN]).referenceCounts), [1]);
});

test('reference deciles are open at both ends and merge where they coincide', () => {
  const reference = Array.from({ length: 11 }, (_, i) => i);
  const histogram = referenceQuantileHistogram(reference, [-100, 4, 1000]);
  assert.deepEqual(Array.from(histogram?.edges ?? []), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(Array.from(histogram?.currentCounts ?? []), [1, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  assert.equal(referenceQuantileHistogram([5, 5, 5], [5, 6])?.edges.length, 1);
  assert.equal(referenceQuantileHistogram([], [1]), null);
  near(quantileOfSorted([1, 2, 4], 0.75), 3);
});

test('two proportions and their intervals', () => {
  const { statistic, p } = twoProportionZ(30, 100, 50, 100);
  near(statistic, -0.2 / Math.sqrt(0.4 * 0.6 * 0.02));
  near(p, 0.0038924171227786224, 1e-12);
  assert.equal(twoProportionZ(0, 10, 0, 10).statistic, null);
  const wilson = proportionInterval(0, 10);
  assert.equal(wilson?.low, 0);
  near(wilson?.high, 1.959963984540054 ** 2 / (10 + 1.959963984540054 ** 2));
  near(proportionInterval(0, 10, 'clopper-pearson')?.high, 1 - 0.025 ** 0.1, 1e-10);
  assert.equal(proportionInterval(0, 0), null);
  assert.throws(() => proportionInterval(3, 2), { code: 'COUNT_OUT_OF_RANGE' });
});

test('adjusted p-values of three hypotheses', () => {
  const p = [0.04, 0.01, 0.03];
  assert.deepEqual(Array.from(adjustPValues(p, 'bonferroni')), [0.12, 0.03, 0.09]);
  assert.deepEqual(Array.from(adjustPValues(p, 'holm')), [0.06, 0.03, 0.06]);
  assert.deepEqual(Array.from(adjustPValues(p, 'simes-hochberg')), [0.04, 0.03, 0.04]);
  near(adjustPValues(p, 'benjamini-hochberg')[2], 0.04);
  near(adjustPValues(p, 'benjamini-yekutieli')[1], (0.03 * 11) / 6);
  assert.throws(() => adjustPValues([1.2], 'holm'), { code: 'P_OUT_OF_RANGE' });
});

test('adjustment never lowers p, keeps its order, and stays at most 1', () => {
  const methods: PAdjustment[] = [
    'benjamini-hochberg',
    'benjamini-yekutieli',
    'bonferroni',
    'holm',
    'hommel',
    'simes-hochberg',
  ];
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (p) => {
      for (const method of methods) {
        const adjusted = adjustPValues(p, method);
        for (let i = 0; i < p.length; i++) {
          assert.ok((adjusted[i] ?? 0) >= (p[i] ?? 0) * (1 - 1e-12) && (adjusted[i] ?? 2) <= 1);
          for (let j = 0; j < p.length; j++) {
            if ((p[i] ?? 0) < (p[j] ?? 0)) assert.ok((adjusted[i] ?? 0) <= (adjusted[j] ?? 0) + 1e-12);
          }
        }
      }
    }),
  );
});
