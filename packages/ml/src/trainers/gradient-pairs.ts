import { ROUNDING } from './exponential.ts';

/**
 * How derivatives become the pairs that histograms add up.
 *
 * Both numbers of a pair are integers whose sums stay below 2^53, so adding is exact: a histogram does not
 * depend on the order of the rows, a parent minus one child is exactly the other child, and the second
 * number can carry the row count below the hessian (`hessian * countUnit + 1`) at no cost.
 * Rounding costs little: sums keep 51 bits for gradients and 51 minus the count's bits for hessians.
 */
export interface PairScale {
  readonly gradient: number;
  readonly hessian: number;
  /** A power of two above the number of rows. */
  readonly countUnit: number;
}

/** Sums over a set of rows; gradient and hessian in units of the scale. */
export interface PairSum {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
}

/** `derivatives` holds gradient and hessian of each row side by side, as `pairs` will. */
export function writeGradientPairs(derivatives: Float64Array, pairs: Float64Array): PairScale {
  let gradientSum = 0;
  let hessianSum = 0;
  for (let i = 0; i < derivatives.length; i += 2) {
    gradientSum += Math.abs(derivatives[i] as number);
    hessianSum += derivatives[i + 1] as number;
  }
  const rows = derivatives.length / 2;
  const countUnit = 2 ** Math.ceil(Math.log2(rows + 1));
  const gradient = largestScale(gradientSum, rows, 2 ** 51);
  const hessian = largestScale(hessianSum, rows, 2 ** 51 / countUnit);
  for (let i = 0; i < derivatives.length; i += 2) {
    pairs[i] = (derivatives[i] as number) * gradient + ROUNDING - ROUNDING;
    pairs[i + 1] = ((derivatives[i + 1] as number) * hessian + ROUNDING - ROUNDING) * countUnit + 1;
  }
  return { gradient, hessian, countUnit };
}

/** Sums a run of histogram cells: two numbers each, from `start` to `end`. */
export function sumCells(cells: Float64Array, start: number, end: number, scale: PairScale): PairSum {
  let gradient = 0;
  let packed = 0;
  for (let i = start; i < end; i += 2) {
    gradient += cells[i] as number;
    packed += cells[i + 1] as number;
  }
  const hessian = Math.floor(packed / scale.countUnit);
  return { gradient, hessian, count: packed - hessian * scale.countUnit };
}

/** The largest power of two that keeps the sum of `rows` rounded terms below `limit`; a sum that is next to nothing counts as 0. */
function largestScale(sum: number, rows: number, limit: number): number {
  if (!(sum > 1e-100)) return 1;
  return 2 ** Math.floor(Math.log2((limit - rows) / sum));
}
