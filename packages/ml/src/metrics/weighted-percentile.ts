import type { Values } from '../numeric-values.ts';
import { argsort } from './argsort.ts';

/**
 * Percentile by inverting the weighted distribution, the mean of the two neighbours where the cumulative weight hits
 * the rank exactly (the averaged inverted CDF; without weights at 0.5 the ordinary median). Rows of weight 0 are left
 * out. `rank` lies in [0, 1].
 */
export function averagedWeightedPercentile(values: Values, weight: Values | undefined, rank: number): number {
  const order = argsort(values);
  const kept: number[] = [];
  const cumulative: number[] = [];
  let total = 0;
  for (const row of order) {
    const w = weight === undefined ? 1 : (weight[row] ?? 0);
    if (w === 0) continue;
    total += w;
    kept.push(values[row] ?? 0);
    cumulative.push(total);
  }
  const target = rank * total;
  let position = cumulative.findIndex((sum) => sum >= target);
  if (position < 0) position = kept.length - 1;
  const value = kept[position] ?? Number.NaN;
  // Equality up to rounding of the running sum.
  const isOnStep = Math.abs((cumulative[position] ?? 0) - target) <= 1e-12 * total;
  return isOnStep && position + 1 < kept.length ? (value + (kept[position + 1] ?? value)) / 2 : value;
}
