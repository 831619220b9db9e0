import type { Values } from '../numeric-values.ts';
import { chiSquareSurvival } from './gamma-functions.ts';
import { quantileOfSorted } from './histograms.ts';
import { NOT_COMPUTABLE, sortedCopy, type TestResult } from './sample.ts';

const POINTS = [0.4, 0.8];
// Eigenvalues under this share of the largest are rounding noise of the covariance.
const PSEUDO_INVERSE_CUT = 1e-12;

export interface EppsSingletonResult extends TestResult {
  /** Rank of the covariance, the degrees of freedom; under 4 for values on a coarse grid. */
  rank: number | null;
}

const REFUSED: EppsSingletonResult = { ...NOT_COMPUTABLE, rank: null };

/**
 * Epps–Singleton test: compares empirical characteristic functions at 0.4 and 0.8 over the pooled semi-interquartile
 * range. Not computable with fewer than five rows a side, values that are not finite, or no interquartile range.
 */
export function eppsSingleton(first: Values, second: Values): EppsSingletonResult {
  const n1 = first.length;
  const n2 = second.length;
  if (n1 < 5 || n2 < 5) return REFUSED;
  const pool = sortedCopy([...Array.from(first), ...Array.from(second)]);
  if (pool.some((value) => !Number.isFinite(value))) return REFUSED;
  const scale = (quantileOfSorted(pool, 0.75) - quantileOfSorted(pool, 0.25)) / 2;
  if (!(scale > 0)) return REFUSED;
  const n = n1 + n2;
  const one = waveMoments(first, scale);
  const two = waveMoments(second, scale);
  const covariance = one.covariance.map((row, i) =>
    row.map((value, j) => (n / n1) * value + (n / n2) * (two.covariance[i]?.[j] ?? 0)),
  );
  const difference = one.means.map((value, i) => value - (two.means[i] ?? 0));
  const { values, vectors } = symmetricEigen(covariance);
  const largest = Math.max(...values.map(Math.abs));
  let statistic = 0;
  let rank = 0;
  for (const [k, value] of values.entries()) {
    if (Math.abs(value) <= PSEUDO_INVERSE_CUT * largest) continue;
    let projection = 0;
    for (const [i, d] of difference.entries()) projection += d * (vectors[i]?.[k] ?? 0);
    statistic += (n * projection * projection) / value;
    rank++;
  }
  if (Math.max(n1, n2) < 25) statistic /= 1 + n ** -0.45 + 10.1 * (n1 ** -1.7 + n2 ** -1.7);
  if (Number.isNaN(statistic) || rank === 0) return REFUSED;
  return { statistic, p: chiSquareSurvival(statistic, rank), rank };
}

function waveMoments(values: Values, scale: number): { means: number[]; covariance: number[][] } {
  const n = values.length;
  const waves: Float64Array[] = [];
  for (const wave of [Math.cos, Math.sin]) {
    for (const point of POINTS) waves.push(Float64Array.from(values, (x) => wave((point / scale) * x)));
  }
  const means = waves.map((wave) => wave.reduce((sum, value) => sum + value, 0) / n);
  const covariance = waves.map((a, i) =>
    waves.map((b, j) => {
      let sum = 0;
      for (let r = 0; r < n; r++) sum += ((a[r] ?? 0) - (means[i] ?? 0)) * ((b[r] ?? 0) - (means[j] ?? 0));
      return sum / n;
    }),
  );
  return { means, covariance };
}

/** Eigenvalues and eigenvectors (columns) of a small symmetric matrix by Jacobi rotations. */
function symmetricEigen(matrix: number[][]): { values: number[]; vectors: number[][] } {
  const n = matrix.length;
  const a = matrix.map((row) => [...row]);
  const v = matrix.map((_, i) => matrix.map((__, j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number): number => m[i]?.[j] ?? 0;
  const set = (m: number[][], i: number, j: number, value: number): void => {
    const row = m[i];
    if (row) row[j] = value;
  };
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += at(a, p, q) ** 2;
    if (off < 1e-40) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = at(a, p, q);
        if (apq === 0) continue;
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * apq);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const kp = at(a, k, p);
          const kq = at(a, k, q);
          set(a, k, p, c * kp - s * kq);
          set(a, k, q, s * kp + c * kq);
        }
        for (let k = 0; k < n; k++) {
          const pk = at(a, p, k);
          const qk = at(a, q, k);
          set(a, p, k, c * pk - s * qk);
          set(a, q, k, s * pk + c * qk);
        }
        for (let k = 0; k < n; k++) {
          const kp = at(v, k, p);
          const kq = at(v, k, q);
          set(v, k, p, c * kp - s * kq);
          set(v, k, q, s * kp + c * kq);
        }
      }
    }
  }
  return { values: a.map((row, i) => row[i] ?? 0), vectors: v };
}
