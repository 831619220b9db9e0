import type { Values } from '../numeric-values.ts';
import { kolmogorovSurvival } from './kolmogorov-distribution.ts';
import { type Alternative, countAtMost, hasNaN, sortedCopy } from './sample.ts';

export interface KolmogorovSmirnovResult {
  /** D = sup |F1 - F2| (or the one-sided supremum); null when a sample is empty or holds NaN. */
  statistic: number | null;
  p: number | null;
  /** Where the supremum is reached, and whether F1 lies above (1) or below (-1) F2 there. */
  location: number | null;
  sign: 1 | -1 | null;
}

const AUTO_EXACT_ROWS = 10000;
const LARGEST_LCM = 2147483647;

/**
 * Two-sample Kolmogorov–Smirnov test. `exact` counts lattice paths (given up for the asymptotic p when the
 * least common multiple of the sizes passes 2^31), `asymptotic` uses the one-sample distribution at
 * n1 n2 / (n1 + n2), `auto` (default) is exact up to 10,000 rows a side. `less` asks whether F1 lies below F2.
 */
export function kolmogorovSmirnov(
  first: Values,
  second: Values,
  options: { alternative?: Alternative; method?: 'auto' | 'exact' | 'asymptotic' } = {},
): KolmogorovSmirnovResult {
  const n1 = first.length;
  const n2 = second.length;
  if (n1 === 0 || n2 === 0 || hasNaN(first) || hasNaN(second)) {
    return { statistic: null, p: null, location: null, sign: null };
  }
  const alternative = options.alternative ?? 'two-sided';
  const extremes = cdfDifferenceExtremes(sortedCopy(first), sortedCopy(second));
  const below = Math.min(1, Math.max(0, -extremes.lowest));
  const useBelow = alternative === 'less' || (alternative === 'two-sided' && below > extremes.highest);
  let statistic = useBelow ? below : extremes.highest;
  const location = useBelow ? extremes.lowestAt : extremes.highestAt;
  const sign = useBelow ? -1 : 1;

  const divisor = greatestCommonDivisor(n1, n2);
  const lcm = (n1 / divisor) * n2;
  const method = options.method ?? 'auto';
  const exact =
    method === 'exact' ? lcm < LARGEST_LCM : method === 'auto' && Math.max(n1, n2) <= AUTO_EXACT_ROWS;
  let p: number;
  if (exact) {
    const steps = Math.round(statistic * lcm);
    statistic = steps / lcm;
    p = exactSurvival(n1, n2, divisor, steps, alternative === 'two-sided');
  } else {
    p = kolmogorovSmirnovAsymptotic(statistic, n1, n2, alternative);
  }
  return { statistic, p: Math.min(1, Math.max(0, p)), location, sign };
}

/** The asymptotic p of a two-sample D: one-sample distribution (two-sided) or Hodges' correction (one-sided). */
export function kolmogorovSmirnovAsymptotic(
  d: number,
  n1: number,
  n2: number,
  alternative: Alternative,
): number {
  const m = Math.max(n1, n2);
  const n = Math.min(n1, n2);
  const effective = (m * n) / (m + n);
  if (alternative === 'two-sided') return kolmogorovSurvival(roundHalfEven(effective), d);
  const z = Math.sqrt(effective) * d;
  return Math.exp(-2 * z * z - (2 * z * (m + 2 * n)) / Math.sqrt(m * n * (m + n)) / 3);
}

interface Extremes {
  lowest: number;
  lowestAt: number;
  highest: number;
  highestAt: number;
}

// The points are visited first sample first, so that among equal differences the earliest of them is reported.
function cdfDifferenceExtremes(first: Float64Array, second: Float64Array): Extremes {
  const n1 = first.length;
  const n2 = second.length;
  const found = { lowest: Infinity, lowestAt: 0, highest: -Infinity, highestAt: 0 };
  for (const points of [first, second]) {
    for (let i = 0; i < points.length; i++) {
      const x = points[i] ?? 0;
      if (i > 0 && x === points[i - 1]) continue;
      const difference = countAtMost(first, x) / n1 - countAtMost(second, x) / n2;
      if (difference < found.lowest) {
        found.lowest = difference;
        found.lowestAt = x;
      }
      if (difference > found.highest) {
        found.highest = difference;
        found.highestAt = x;
      }
    }
  }
  return found;
}

/**
 * Share of the lattice paths from (0, 0) to (n1, n2) that leave the strip |x/n1 - y/n2| < steps/lcm (or pass its
 * upper side only). A uniform path into (i, j) came from (i-1, j) with chance i/(i+j): summing the *leaving*
 * share keeps the digits of small p.
 */
function exactSurvival(n1: number, n2: number, divisor: number, steps: number, twoSided: boolean): number {
  if (steps === 0) return 1;
  if (n1 === n2) return equalSizesSurvival(n1, steps, twoSided);
  const m = Math.max(n1, n2);
  const n = Math.min(n1, n2);
  const perX = n / divisor;
  const perY = m / divisor;
  let left = new Float64Array(n + 1).fill(1);
  left[0] = 0;
  let previousLow = 0;
  let previousHigh = Math.min(n, twoSided ? Math.ceil(steps / perY) - 1 : n);
  for (let j = 1; j <= previousHigh; j++) left[j] = 0;
  let row = new Float64Array(n + 1).fill(1);
  for (let i = 1; i <= m; i++) {
    const low = Math.max(0, Math.floor((perX * i - steps) / perY) + 1);
    const high = twoSided ? Math.min(n, Math.ceil((perX * i + steps) / perY) - 1) : n;
    if (low > high) return 1;
    let value = low === 0 ? 0 : 1;
    for (let j = low; j <= high; j++) {
      const fromLeft = j >= previousLow && j <= previousHigh ? (left[j] ?? 1) : 1;
      value = (fromLeft * i + value * j) / (i + j);
      row[j] = value;
    }
    previousLow = low;
    previousHigh = high;
    const held = left;
    left = row;
    row = held;
  }
  return previousHigh === n ? (left[n] ?? 1) : 1;
}

// Reflection principle for equal sizes, nested so that no large binomial is formed.
function equalSizesSurvival(n: number, steps: number, twoSided: boolean): number {
  if (!twoSided) return ratioProduct(n, 0, steps);
  let p = 0;
  for (let k = Math.floor(n / steps); k >= 0; k--) p = ratioProduct(n, k * steps, steps) * (1 - p);
  return 2 * p;
}

function ratioProduct(n: number, offset: number, terms: number): number {
  let product = 1;
  for (let j = 0; j < terms; j++) product *= (n - offset - j) / (n + offset + j + 1);
  return product;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
