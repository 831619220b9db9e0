import type { Values } from '../numeric-values.ts';
import { countAtMost, countBelow, hasNaN, sortedCopy } from './sample.ts';

// Scholz & Stephens 1987, table 2: critical values b0 + b1 / sqrt(m) + b2 / m at these levels (m = samples - 1 = 1).
const LEVELS = [0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001];
const B0 = [0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085];
const B1 = [-0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615];
const B2 = [-0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154];
const CRITICAL_VALUES: readonly number[] = B0.map((b0, i) => b0 + (B1[i] ?? 0) + (B2[i] ?? 0));

export interface AndersonDarlingResult {
  statistic: number | null;
  /** Interpolated from the critical values, and therefore kept inside [0.001, 0.25]. */
  p: number | null;
  criticalValues: readonly number[];
}

/**
 * Two-sample Anderson–Darling test, standardised. `midrank` averages over ties (default), otherwise the right-continuous
 * version. Not computable with an empty sample, NaN, or one distinct value.
 */
export function andersonDarling(first: Values, second: Values, midrank = true): AndersonDarlingResult {
  const none = { statistic: null, p: null, criticalValues: CRITICAL_VALUES };
  if (first.length === 0 || second.length === 0 || hasNaN(first) || hasNaN(second)) return none;
  const pool = sortedCopy([...Array.from(first), ...Array.from(second)]);
  const n = pool.length;
  if (pool[0] === pool[n - 1] || n < 4) return none;
  const samples = [sortedCopy(first), sortedCopy(second)];
  const distance = midrank ? midrankDistance(samples, pool) : rightDistance(samples, pool);
  const statistic = (distance - 1) / Math.sqrt(distanceVariance(first.length, second.length));
  return { statistic, p: interpolatedP(statistic), criticalValues: CRITICAL_VALUES };
}

function midrankDistance(samples: Float64Array[], pool: Float64Array): number {
  const n = pool.length;
  let distance = 0;
  for (const sample of samples) {
    let inner = 0;
    for (let start = 0; start < n; ) {
      const z = pool[start] ?? 0;
      const end = countAtMost(pool, z);
      const ties = end - start;
      const below = start + ties / 2;
      const upTo = countAtMost(sample, z);
      const own = upTo - (upTo - countBelow(sample, z)) / 2;
      inner += ((ties / n) * (n * own - below * sample.length) ** 2) / (below * (n - below) - (n * ties) / 4);
      start = end;
    }
    distance += inner / sample.length;
  }
  return (distance * (n - 1)) / n;
}

function rightDistance(samples: Float64Array[], pool: Float64Array): number {
  const n = pool.length;
  let distance = 0;
  for (const sample of samples) {
    let inner = 0;
    for (let start = 0; start < n; ) {
      const z = pool[start] ?? 0;
      const end = countAtMost(pool, z);
      if (end < n)
        inner +=
          (((end - start) / n) * (n * countAtMost(sample, z) - end * sample.length) ** 2) / (end * (n - end));
      start = end;
    }
    distance += inner / sample.length;
  }
  return distance;
}

// Scholz & Stephens 1987, eq. (4), for two samples.
function distanceVariance(n1: number, n2: number): number {
  const n = n1 + n2;
  const k = 2;
  const inverse = 1 / n1 + 1 / n2;
  let harmonic = 0;
  let g = 0;
  for (let i = n - 1; i > 1; i--) {
    harmonic += 1 / i;
    g += harmonic / (n - i + 1);
  }
  const h = harmonic + 1;
  const a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse;
  const b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h;
  const d = (2 * h + 6) * k * k - 4 * h * k;
  return (a * n ** 3 + b * n * n + c * n + d) / ((n - 1) * (n - 2) * (n - 3));
}

function interpolatedP(statistic: number): number {
  const critical = CRITICAL_VALUES;
  if (statistic < (critical[0] ?? 0)) return 0.25;
  if (statistic > (critical[critical.length - 1] ?? 0)) return 0.001;
  const [c0, c1, c2] = quadraticFit(critical, LEVELS.map(Math.log));
  return Math.exp(c0 + c1 * statistic + c2 * statistic * statistic);
}

/** Least-squares parabola y = c0 + c1 x + c2 x^2, from orthogonal polynomials on the points. */
function quadraticFit(x: readonly number[], y: readonly number[]): [number, number, number] {
  const n = x.length;
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);
  const center = x.reduce((sum, v) => sum + v, 0) / n;
  const p1 = x.map((v) => v - center);
  const square1 = dot(p1, p1);
  const slope =
    dot(
      p1,
      p1.map((v, i) => v * (x[i] ?? 0)),
    ) / square1;
  const offset = square1 / n;
  const p2 = x.map((v, i) => (v - slope) * (p1[i] ?? 0) - offset);
  const k0 = y.reduce((sum, v) => sum + v, 0) / n;
  const k1 = dot(p1, y) / square1;
  const k2 = dot(p2, y) / dot(p2, p2);
  // p2(x) = x^2 - (slope + center) x + slope center - offset
  return [k0 - k1 * center + k2 * (slope * center - offset), k1 - k2 * (slope + center), k2];
}
