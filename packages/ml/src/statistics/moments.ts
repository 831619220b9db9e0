import type { Values } from '../numeric-values.ts';

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

/** Sum of values[from … to - 1] by pairwise splitting. */
function pairwiseSum(values: Values, from: number, to: number): number {
  if (to - from > 128) {
    const middle = from + ((to - from) >>> 1);
    return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to);
  }
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? 0;
  return sum;
}
