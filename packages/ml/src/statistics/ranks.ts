import { argsort } from '../metrics/argsort.ts';
import type { Values } from '../numeric-values.ts';

/**
 * Mid-ranks of both samples in their pool (first sample's rows first), and the sum of t^3 - t over groups of t tied
 * values. Values must not be NaN.
 */
export function pooledRanks(first: Values, second: Values): { ranks: Float64Array; tieCubes: number } {
  const pool = new Float64Array(first.length + second.length);
  for (let i = 0; i < first.length; i++) pool[i] = first[i] ?? 0;
  for (let i = 0; i < second.length; i++) pool[first.length + i] = second[i] ?? 0;
  const order = argsort(pool);
  const ranks = new Float64Array(pool.length);
  let tieCubes = 0;
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && pool[order[end] ?? 0] === pool[order[start] ?? 0]) end++;
    const size = end - start;
    tieCubes += size ** 3 - size;
    for (let i = start; i < end; i++) ranks[order[i] ?? 0] = (start + 1 + end) / 2;
    start = end;
  }
  return { ranks, tieCubes };
}
