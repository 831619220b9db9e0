import { MlInputError } from '../ml-input-error.ts';
import { createRandom } from '../random.ts';
import { chiSquareContingency } from './contingency.ts';
import { jensenShannonDistance, lInfinityDistance, populationStabilityIndex } from './divergences.ts';
import { chiSquareUpperQuantile } from './gamma-functions.ts';
import { kolmogorovSmirnovAsymptotic } from './kolmogorov-smirnov.ts';
import { nullDistribution, simulateCounts, simulateWasserstein } from './null-distribution.ts';
import { twoProportionZ } from './proportions.ts';
import {
  type CategoricalProfile,
  type ColumnValues,
  countCategories,
  type NumericProfile,
  profileCells,
  type ReferenceProfile,
  splitNumbers,
} from './reference-profile.ts';
import { toRepresentatives } from './value-cells.ts';

const BINS = 10;
const SMALLEST_EXPECTED = 5;

export const NUMERIC_DRIFT_METHODS = [
  'psi.quantile10.v1',
  'jensenshannon.quantile10.base2.v1',
  'ks.v1',
  'wasserstein.v1',
  'wasserstein.reference_std.v1',
] as const;
export const CATEGORICAL_DRIFT_METHODS = [
  'psi.categories.v1',
  'jensenshannon.categories.base2.v1',
  'chi2_contingency.v1',
  'l_infinity.v1',
] as const;
export type DriftMethod = (typeof NUMERIC_DRIFT_METHODS)[number] | (typeof CATEGORICAL_DRIFT_METHODS)[number];

export interface DriftResult {
  /** Versioned: a number is comparable only with numbers of the same id. */
  method: DriftMethod;
  /** Null when a side has no value. */
  statistic: number | null;
  /** Chance of a statistic this large when nothing changed, at this window size. */
  p: number | null;
  /** The statistic passed with chance alpha when nothing changed, at this window size. */
  noiseLevel: number | null;
}

export interface ColumnDrift {
  kind: 'numeric' | 'categorical';
  /** Rows with a value. */
  referenceRows: number;
  windowRows: number;
  /** False when the reference's distinct values outgrew its profile, so that both sides are compared on its cells. */
  exact: boolean;
  /** Shares of missing values and the two-sided p of their difference. */
  missing: { reference: number | null; window: number | null; p: number | null };
  /** Window rows whose category the reference never had. */
  newCategoryRows: number;
  results: DriftResult[];
}

/**
 * Compares a window with a profiled reference in time of the window and the profile, not of the reference's rows.
 * Method ids:
 * - `psi.quantile10.v1`, `jensenshannon.quantile10.base2.v1`: over the bins between the reference's deciles (distinct,
 *   type 7), both ends open; PSI puts 0.0001 for empty bins.
 * - `ks.v1`: sup of the difference of distribution functions, asymptotic p.
 * - `wasserstein.v1`, and in units of the reference's standard deviation `wasserstein.reference_std.v1`.
 * - `psi.categories.v1`, `jensenshannon.categories.base2.v1`, `l_infinity.v1`: over all categories of either side.
 * - `chi2_contingency.v1`: categories of an expected count under 5 are merged into one.
 *
 * p and noise level are analytic for ks and chi2, otherwise simulated from the reference with the sizes at hand
 * (`resamples`, default 200; `seed`, default 1). `alpha` (default 0.05) sets the noise level.
 * @throws MlInputError `METHOD_UNKNOWN`, `VALUE_NOT_NUMERIC`
 */
export function driftAgainst(
  profile: ReferenceProfile,
  window: ColumnValues,
  options: { methods?: readonly DriftMethod[]; alpha?: number; seed?: number; resamples?: number } = {},
): ColumnDrift {
  const settings = {
    alpha: options.alpha ?? 0.05,
    seed: options.seed ?? 1,
    resamples: options.resamples ?? 200,
  };
  const known: readonly DriftMethod[] =
    profile.kind === 'numeric' ? NUMERIC_DRIFT_METHODS : CATEGORICAL_DRIFT_METHODS;
  const methods = options.methods ?? known;
  for (const method of methods) {
    if (!known.includes(method)) {
      throw new MlInputError('METHOD_UNKNOWN', `${method} is no drift method of a ${profile.kind} column`);
    }
  }
  return profile.kind === 'numeric'
    ? numericDrift(profile, window, methods, settings)
    : categoricalDrift(profile, window, methods, settings);
}

interface Settings {
  alpha: number;
  seed: number;
  resamples: number;
}

function numericDrift(
  profile: NumericProfile,
  window: ColumnValues,
  methods: readonly DriftMethod[],
  settings: Settings,
): ColumnDrift {
  const column = splitNumbers(window);
  const reference = profileCells(profile);
  const current = toRepresentatives(column.finite, profile.level).sort();
  const n = profile.rows;
  const m = current.length;
  const shares = reference.counts.map((count) => count / n);
  const bins = n === 0 ? null : decileBins(reference.values, reference.counts, n, current);
  const distances =
    bins === null || m === 0 ? null : cdfDistances(reference.values, reference.counts, n, current);
  const noise =
    distances !== null && methods.some((method) => method.startsWith('wasserstein'))
      ? nullDistribution(
          simulateWasserstein(
            reference.values,
            shares,
            { n, m, resamples: settings.resamples },
            createRandom(settings.seed),
          ),
        )
      : null;
  const results = methods.map((method): DriftResult => {
    const refused = { method, statistic: null, p: null, noiseLevel: null };
    if (bins === null || distances === null) return refused;
    switch (method) {
      case 'psi.quantile10.v1':
        return binned(method, bins, populationStabilityIndex, settings);
      case 'jensenshannon.quantile10.base2.v1':
        return binned(method, bins, (p, q) => jensenShannonDistance(p, q, 2), settings);
      case 'ks.v1':
        return ksResult(method, distances.ks, n, m, settings);
      default: {
        const distance = distances.wasserstein;
        const scale = method === 'wasserstein.v1' ? 1 : standardDeviation(reference.values, shares);
        if (scale === 0 || noise === null) return refused;
        // A constant reference has no noise: any distance is news.
        const pOfConstant = distance > 0 ? 1 / (1 + settings.resamples) : 1;
        return {
          method,
          statistic: distance / scale,
          p: reference.values.length > 1 ? noise.p(distance) : pOfConstant,
          noiseLevel: noise.quantile(settings.alpha) / scale,
        };
      }
    }
  });
  return {
    kind: 'numeric',
    referenceRows: n,
    windowRows: m,
    exact: profile.level === 0,
    missing: missingShares(profile.missing, n + profile.infinite, column.missing, m + column.infinite),
    newCategoryRows: 0,
    results,
  };
}

function categoricalDrift(
  profile: CategoricalProfile,
  window: ColumnValues,
  methods: readonly DriftMethod[],
  settings: Settings,
): ColumnDrift {
  const { counts, missing } = countCategories(window);
  const known = new Set(profile.categories);
  const added = [...counts.keys()].filter((category) => !known.has(category)).sort();
  const categories = [...profile.categories, ...added];
  const reference = Float64Array.from(categories, (_, i) => profile.counts[i] ?? 0);
  const current = Float64Array.from(categories, (category) => counts.get(category) ?? 0);
  let windowRows = 0;
  for (const count of current) windowRows += count;
  let newCategoryRows = 0;
  for (const category of added) newCategoryRows += counts.get(category) ?? 0;
  const bins = { reference, current };
  const results = methods.map((method): DriftResult => {
    if (profile.rows === 0 || windowRows === 0) return { method, statistic: null, p: null, noiseLevel: null };
    switch (method) {
      case 'psi.categories.v1':
        return binned(method, bins, populationStabilityIndex, settings);
      case 'jensenshannon.categories.base2.v1':
        return binned(method, bins, (p, q) => jensenShannonDistance(p, q, 2), settings);
      case 'l_infinity.v1':
        return binned(method, bins, lInfinityDistance, settings);
      default:
        return chiSquareResult(method, bins, settings);
    }
  });
  return {
    kind: 'categorical',
    referenceRows: profile.rows,
    windowRows,
    exact: true,
    missing: missingShares(profile.missing, profile.rows, missing, windowRows),
    newCategoryRows,
    results,
  };
}

interface Bins {
  reference: Float64Array;
  current: Float64Array;
}

function binned(
  method: DriftMethod,
  bins: Bins,
  distance: (reference: Float64Array, current: Float64Array) => number | null,
  settings: Settings,
): DriftResult {
  const statistic = distance(bins.reference, bins.current);
  if (statistic === null) return { method, statistic, p: null, noiseLevel: null };
  const n = total(bins.reference);
  const m = total(bins.current);
  const shares = bins.reference.map((count) => count / n);
  const noise = nullDistribution(
    simulateCounts(
      shares,
      { n, m, resamples: settings.resamples },
      createRandom(settings.seed),
      (a, b) => distance(a, b) ?? 0,
    ),
  );
  return { method, statistic, p: noise.p(statistic), noiseLevel: noise.quantile(settings.alpha) };
}

function chiSquareResult(method: DriftMethod, bins: Bins, settings: Settings): DriftResult {
  const n = total(bins.reference);
  const m = total(bins.current);
  const reference: number[] = [];
  const current: number[] = [];
  let otherReference = 0;
  let otherCurrent = 0;
  for (let i = 0; i < bins.reference.length; i++) {
    const a = bins.reference[i] ?? 0;
    const b = bins.current[i] ?? 0;
    if (((a + b) * Math.min(n, m)) / (n + m) < SMALLEST_EXPECTED) {
      otherReference += a;
      otherCurrent += b;
    } else {
      reference.push(a);
      current.push(b);
    }
  }
  const test = chiSquareContingency([...reference, otherReference], [...current, otherCurrent]);
  const { statistic, p, df } = test;
  return {
    method,
    statistic,
    p,
    noiseLevel: df === null || df === 0 ? null : chiSquareUpperQuantile(settings.alpha, df),
  };
}

function ksResult(
  method: DriftMethod,
  statistic: number,
  n: number,
  m: number,
  settings: Settings,
): DriftResult {
  // The leading term 2 exp(-2 n d^2) of the tail brackets the answer, except in windows of a few rows.
  const guess = Math.sqrt((Math.log(2 / settings.alpha) * (n + m)) / (2 * n * m));
  let low = n + m > 40 ? Math.min(1, guess / 2) : 0;
  let high = n + m > 40 ? Math.min(1, guess * 1.2) : 1;
  for (let i = 0; i < 24; i++) {
    const middle = (low + high) / 2;
    if (kolmogorovSmirnovAsymptotic(middle, n, m, 'two-sided') > settings.alpha) low = middle;
    else high = middle;
  }
  const p = kolmogorovSmirnovAsymptotic(statistic, n, m, 'two-sided');
  return { method, statistic, p: Math.min(1, p), noiseLevel: high };
}

function decileBins(values: Float64Array, counts: Float64Array, rows: number, current: Float64Array): Bins {
  const edges: number[] = [];
  const cumulative = new Float64Array(counts.length);
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i] ?? 0;
    cumulative[i] = sum;
  }
  const orderStatistic = (index: number): number => values[cumulative.findIndex((upTo) => upTo > index)] ?? 0;
  for (let k = 1; k < BINS; k++) {
    const position = (rows - 1) * (k / BINS);
    const below = Math.floor(position);
    const t = position - below;
    const a = orderStatistic(below);
    const difference = orderStatistic(Math.min(below + 1, rows - 1)) - a;
    const edge = t >= 0.5 ? a + difference - difference * (1 - t) : a + difference * t;
    if (edges.length === 0 || edge > (edges[edges.length - 1] ?? 0)) edges.push(edge);
  }
  const reference = new Float64Array(edges.length + 1);
  const window = new Float64Array(edges.length + 1);
  let bin = 0;
  for (let i = 0; i < values.length; i++) {
    while (bin < edges.length && (edges[bin] ?? 0) <= (values[i] ?? 0)) bin++;
    reference[bin] = (reference[bin] ?? 0) + (counts[i] ?? 0);
  }
  bin = 0;
  for (let i = 0; i < current.length; i++) {
    while (bin < edges.length && (edges[bin] ?? 0) <= (current[i] ?? 0)) bin++;
    window[bin] = (window[bin] ?? 0) + 1;
  }
  return { reference, current: window };
}

/** sup and integral of |F - G|, F given by cells, G by a sorted sample. */
function cdfDistances(
  values: Float64Array,
  counts: Float64Array,
  rows: number,
  sample: Float64Array,
): { ks: number; wasserstein: number } {
  let i = 0;
  let j = 0;
  let seen = 0;
  let ks = 0;
  let wasserstein = 0;
  let previous = Math.min(values[0] ?? 0, sample[0] ?? 0);
  while (i < values.length || j < sample.length) {
    const x = Math.min(values[i] ?? Infinity, sample[j] ?? Infinity);
    const gap = Math.abs(seen / rows - j / sample.length);
    wasserstein += gap * (x - previous);
    previous = x;
    if (values[i] === x) seen += counts[i++] ?? 0;
    while (j < sample.length && sample[j] === x) j++;
    ks = Math.max(ks, Math.abs(seen / rows - j / sample.length));
  }
  return { ks, wasserstein };
}

function standardDeviation(values: Float64Array, shares: Float64Array): number {
  let center = 0;
  for (let i = 0; i < values.length; i++) center += (shares[i] ?? 0) * (values[i] ?? 0);
  let spread = 0;
  for (let i = 0; i < values.length; i++) spread += (shares[i] ?? 0) * ((values[i] ?? 0) - center) ** 2;
  return Math.sqrt(spread);
}

function missingShares(
  missingReference: number,
  presentReference: number,
  missingWindow: number,
  presentWindow: number,
): ColumnDrift['missing'] {
  const n = missingReference + presentReference;
  const m = missingWindow + presentWindow;
  const test = twoProportionZ(missingReference, n, missingWindow, m);
  const bothHaveRows = n > 0 && m > 0;
  return {
    reference: n > 0 ? missingReference / n : null,
    window: m > 0 ? missingWindow / m : null,
    // Nothing missing (or everything) on both sides is no difference.
    p: test.p ?? (bothHaveRows ? 1 : null),
  };
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
