import type { Values } from '../numeric-values.ts';

/** Which way the first sample is asked to differ from the second. */
export type Alternative = 'two-sided' | 'less' | 'greater';

/** A test's answer; both null when the samples do not allow one (empty, NaN inside, no spread). */
export interface TestResult {
  statistic: number | null;
  p: number | null;
}

export const NOT_COMPUTABLE: TestResult = { statistic: null, p: null };

export function hasNaN(values: Values): boolean {
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) return true;
  }
  return false;
}

/** The finite values, in row order. */
export function finiteValues(values: Values): Float64Array {
  const kept = new Float64Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isFinite(value)) kept[count++] = value;
  }
  return kept.subarray(0, count);
}

/** A sorted copy in doubles. */
export function sortedCopy(values: Values): Float64Array {
  return Float64Array.from(values).sort();
}

/** Number of entries of the ascending `sorted` that are <= x. */
export function countAtMost(sorted: Values, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Number of entries of the ascending `sorted` that are < x. */
export function countBelow(sorted: Values, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Finite p in [0, 1], or null for NaN. */
export function probability(p: number): number | null {
  return Number.isNaN(p) ? null : Math.min(1, Math.max(0, p));
}

/** The number, or null for NaN. */
export function numberOrNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
