import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../random.ts';
import { wassersteinDistance } from './cdf-distance.ts';
import { populationStabilityIndex } from './divergences.ts';
import { type ColumnDrift, type DriftMethod, driftAgainst } from './drift.ts';
import { referenceQuantileHistogram } from './histograms.ts';
import { kolmogorovSmirnov } from './kolmogorov-smirnov.ts';
import { createReferenceProfile, mergeReferenceProfiles } from './reference-profile.ts';

function near(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(
    typeof actual === 'number' && Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected}`,
  );
}

function resultOf(drift: ColumnDrift, method: DriftMethod) {
  const result = drift.results.find((entry) => entry.method === method);
  assert.ok(result);
  return result;
}

function normals(n: number, seed: number, shift = 0): Float64Array {
  const random = createRandom(seed);
  return Float64Array.from({ length: n }, () => random.normal() + shift);
}

const column = fc.array(
  fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double(), fc.constant(Number.NaN), fc.constant(-0)),
  { maxLength: 80 },
);

test('profiles merge to the profile of all rows, in any order', () => {
  fc.assert(
    fc.property(column, column, (a, b) => {
      const options = { kind: 'numeric', maxCells: 16 } as const;
      const merged = mergeReferenceProfiles(
        createReferenceProfile(a, options),
        createReferenceProfile(b, options),
      );
      assert.deepEqual(merged, createReferenceProfile([...a, ...b], options));
      assert.deepEqual(merged, createReferenceProfile([...b, ...a].reverse(), options));
      const exact = mergeReferenceProfiles(createReferenceProfile(a), createReferenceProfile(b));
      assert.deepEqual(exact, createReferenceProfile([...a, ...b], { kind: 'numeric' }));
    }),
  );
});

test('a profile is a plain JSON value of bounded size', () => {
  const profile = createReferenceProfile(normals(20000, 1), { maxCells: 512 });
  assert.deepEqual(JSON.parse(JSON.stringify(profile)), profile);
  assert.ok(profile.kind === 'numeric' && profile.values.length <= 512 && profile.values.length > 100);
  assert.equal(profile.rows, 20000);
});

test('up to the cell bound drift equals the two-sample statistics on the rows', () => {
  const reference = normals(900, 2);
  const window = normals(400, 3, 0.3);
  const drift = driftAgainst(createReferenceProfile(reference), window);
  assert.equal(drift.exact, true);
  near(resultOf(drift, 'ks.v1').statistic, kolmogorovSmirnov(reference, window).statistic ?? -1);
  near(resultOf(drift, 'wasserstein.v1').statistic, wassersteinDistance(reference, window) ?? -1);
  const bins = referenceQuantileHistogram(reference, window);
  near(
    resultOf(drift, 'psi.quantile10.v1').statistic,
    populationStabilityIndex(bins?.referenceCounts ?? [], bins?.currentCounts ?? []) ?? -1,
  );
});

test('beyond the bound drift stays close to the rows', () => {
  const reference = normals(60000, 4);
  const window = normals(3000, 5, 0.2);
  const drift = driftAgainst(createReferenceProfile(reference), window);
  assert.equal(drift.exact, false);
  near(resultOf(drift, 'ks.v1').statistic, kolmogorovSmirnov(reference, window).statistic ?? -1, 0.005);
  near(resultOf(drift, 'wasserstein.v1').statistic, wassersteinDistance(reference, window) ?? -1, 0.005);
});

test('a shift passes the noise level, an equal window does not', () => {
  const profile = createReferenceProfile(normals(5000, 6));
  for (const result of driftAgainst(profile, normals(500, 7, 0.5)).results) {
    assert.ok((result.p ?? 1) < 0.001, `${result.method}: p ${result.p}`);
    assert.ok((result.statistic ?? 0) > (result.noiseLevel ?? Infinity));
  }
  for (const result of driftAgainst(profile, normals(500, 8)).results) assert.ok((result.p ?? 0) > 0.01);
});

test('without drift the share of p below 0.05 is about 0.05 at the window size', () => {
  const alarms = new Map<string, number>();
  const runs = 150;
  for (let run = 0; run < runs; run++) {
    const profile = createReferenceProfile(normals(1000, 100 + run));
    for (const { method, p } of driftAgainst(profile, normals(100, 9000 + run), { resamples: 100 }).results) {
      alarms.set(method, (alarms.get(method) ?? 0) + ((p ?? 1) < 0.05 ? 1 : 0));
    }
  }
  // Binomial(150, 0.05): 7.5 expected, 3 sigma is 8.
  for (const [method, count] of alarms) assert.ok(count <= 16, `${method}: ${count} of ${runs}`);
});

test('the noise level falls as the window grows', () => {
  const profile = createReferenceProfile(normals(5000, 9));
  const small = driftAgainst(profile, normals(100, 10));
  const large = driftAgainst(profile, normals(2000, 11));
  for (const { method, noiseLevel } of large.results) {
    assert.ok((noiseLevel ?? Infinity) < (resultOf(small, method).noiseLevel ?? 0), method);
  }
});

test('categories: new ones, missing ones and rare ones', () => {
  const profile = createReferenceProfile([...Array(60).fill('a'), ...Array(38).fill('b'), 'c', null]);
  assert.equal(profile.kind, 'categorical');
  const drift = driftAgainst(profile, [...Array(20).fill('a'), ...Array(20).fill('z'), null, null]);
  assert.equal(drift.newCategoryRows, 20);
  assert.equal(drift.windowRows, 40);
  near(drift.missing.reference, 0.01);
  near(drift.missing.window, 2 / 42);
  near(resultOf(drift, 'l_infinity.v1').statistic, 0.5);
  for (const { p } of drift.results) assert.ok((p ?? 1) < 0.001);
  const same = driftAgainst(profile, [...Array(60).fill('a'), ...Array(38).fill('b'), 'c']);
  for (const { statistic, p } of same.results) {
    near(statistic, 0, 1e-7);
    near(p, 1);
  }
});

test('empty, missing and constant columns answer null, never a number', () => {
  const empty = createReferenceProfile([], { kind: 'numeric' });
  for (const { statistic, p } of driftAgainst(empty, [1, 2]).results) {
    assert.equal(statistic, null);
    assert.equal(p, null);
  }
  const some = createReferenceProfile([1, 2, 3, 4]);
  for (const { statistic } of driftAgainst(some, [Number.NaN, null, Infinity]).results)
    assert.equal(statistic, null);
  const constant = createReferenceProfile(new Float64Array(50).fill(7));
  const unchanged = driftAgainst(constant, [7, 7, 7]);
  assert.equal(resultOf(unchanged, 'wasserstein.v1').statistic, 0);
  assert.equal(resultOf(unchanged, 'wasserstein.reference_std.v1').statistic, null);
  const moved = driftAgainst(constant, new Float64Array(50).fill(8));
  assert.equal(resultOf(moved, 'ks.v1').statistic, 1);
  assert.ok((resultOf(moved, 'wasserstein.v1').p ?? 1) < 0.01);
});

test('text in a numeric column and unknown methods are refused', () => {
  const profile = createReferenceProfile([1, 2, 3]);
  assert.throws(() => driftAgainst(profile, ['x']), { code: 'VALUE_NOT_NUMERIC' });
  assert.throws(() => driftAgainst(profile, [1], { methods: ['l_infinity.v1'] }), { code: 'METHOD_UNKNOWN' });
  assert.throws(() => mergeReferenceProfiles(profile, createReferenceProfile(['a'])), {
    code: 'PROFILES_DIFFER',
  });
});
