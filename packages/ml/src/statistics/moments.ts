import type { Values } from '../numeric-values.ts';

const LANES = 8;
const BLOCK = 128;

/** Arithmetic mean by blocks of pairwise sums, so that a million rows lose no digits; NaN when empty. */
export function mean(values: Values): number {
  return values.length === 0 ? Number.NaN : pairwiseSum(values, 0, values.length) / values.length;
}

/** Sum of squared deviations from the mean, in two passes. */
export function squaredDeviations(values: Values): number {
  const center = mean(values);
  const squares = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) squares[i] = ((values[i] ?? 0) - center) ** 2;
  return pairwiseSum(squares, 0, squares.length);
}

/** Variance with `ddof` degrees of freedom taken off (1: sample variance); NaN when too few rows. */
export function variance(values: Values, ddof = 1): number {
  return values.length - ddof <= 0 ? Number.NaN : squaredDeviations(values) / (values.length - ddof);
}

/**
 * Sum of values[from … to - 1] by pairwise splitting down to blocks of 128, each summed in eight lanes: the order of
 * numpy's sums, so that results which tie mathematically tie or differ as they do there.
 */
export function pairwiseSum(values: Values, from: number, to: number): number {
  const n = to - from;
  if (n < LANES) {
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[i] ?? 0;
    return sum;
  }
  if (n > BLOCK) {
    const half = n >>> 1;
    const middle = from + half - (half % LANES);
    return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to);
  }
  let a = values[from] ?? 0;
  let b = values[from + 1] ?? 0;
  let c = values[from + 2] ?? 0;
  let d = values[from + 3] ?? 0;
  let e = values[from + 4] ?? 0;
  let f = values[from + 5] ?? 0;
  let g = values[from + 6] ?? 0;
  let h = values[from + 7] ?? 0;
  let i = from + LANES;
  for (; i + LANES <= to; i += LANES) {
    a += values[i] ?? 0;
    b += values[i + 1] ?? 0;
    c += values[i + 2] ?? 0;
    d += values[i + 3] ?? 0;
    e += values[i + 4] ?? 0;
    f += values[i + 5] ?? 0;
    g += values[i + 6] ?? 0;
    h += values[i + 7] ?? 0;
  }
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (; i < to; i++) sum += values[i] ?? 0;
  return sum;
}
