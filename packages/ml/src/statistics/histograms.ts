import type { Values } from '../numeric-values.ts';
import { countAtMost, countBelow, finiteValues, hasNaN } from './sample.ts';

/** Bin edges and how many values of each sample fall into each bin. */
export interface PairedHistogram {
  edges: Float64Array;
  referenceCounts: Float64Array;
  currentCounts: Float64Array;
}

/**
 * Equal-width bins by Sturges' rule on the pooled finite values: ceil(log2 n + 1) bins over [min, max], the last
 * one closed. A single distinct value gets one bin of width 1 around it, no value at all the bin [0, 1]. A side without
 * finite values has counts of 0.
 */
export function sturgesPooledHistogram(reference: Values, current: Values): PairedHistogram {
  const ref = finiteValues(reference).slice().sort();
  const cur = finiteValues(current).slice().sort();
  let low = Math.min(ref[0] ?? Infinity, cur[0] ?? Infinity);
  let high = Math.max(ref[ref.length - 1] ?? -Infinity, cur[cur.length - 1] ?? -Infinity);
  let bins = 1;
  if (low > high) {
    low = 0;
    high = 1;
  } else if (low === high) {
    low -= 0.5;
    high += 0.5;
  } else {
    // The width is formed first and divided back, as numpy does: at powers of two the rounding decides the count.
    const width = (high - low) / (Math.log2(ref.length + cur.length) + 1);
    bins = Math.ceil((high - low) / width);
  }
  const edges = new Float64Array(bins + 1);
  const step = (high - low) / bins;
  for (let i = 0; i < bins; i++) edges[i] = i * step + low;
  edges[bins] = high;
  return { edges, referenceCounts: countClosed(edges, ref), currentCounts: countClosed(edges, cur) };
}

/**
 * Bins between the distinct quantiles (linear interpolation, type 7) of the reference at 1/bins … (bins-1)/bins,
 * open at both ends; a value equal to an edge belongs to the bin above. NaN is dropped. Null when the reference is empty.
 * `edges` are the inner edges.
 */
export function referenceQuantileHistogram(
  reference: Values,
  current: Values,
  bins = 10,
): PairedHistogram | null {
  const ref = withoutNaN(reference).sort();
  const cur = withoutNaN(current).sort();
  if (ref.length === 0) return null;
  const edges = distinctQuantiles(ref, bins);
  return { edges, referenceCounts: countOpen(edges, ref), currentCounts: countOpen(edges, cur) };
}

/** Type-7 quantile of an ascending sample. */
export function quantileOfSorted(sorted: Values, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const t = position - below;
  const a = sorted[below] ?? Number.NaN;
  const b = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  const difference = b - a;
  return t >= 0.5 ? b - difference * (1 - t) : a + difference * t;
}

function distinctQuantiles(sorted: Float64Array, bins: number): Float64Array {
  const all = new Float64Array(bins - 1);
  for (let k = 1; k < bins; k++) all[k - 1] = quantileOfSorted(sorted, k / bins);
  all.sort();
  return all.filter((edge, i) => i === 0 || !Object.is(edge + 0, (all[i - 1] ?? 0) + 0));
}

function withoutNaN(values: Values): Float64Array {
  if (!hasNaN(values)) return Float64Array.from(values);
  return Float64Array.from(values).filter((value) => !Number.isNaN(value));
}

function countOpen(innerEdges: Float64Array, sorted: Float64Array): Float64Array {
  const counts = new Float64Array(innerEdges.length + 1);
  let below = 0;
  for (let i = 0; i < innerEdges.length; i++) {
    const edge = innerEdges[i] ?? 0;
    const upTo = Number.isNaN(edge) ? sorted.length : countBelow(sorted, edge);
    counts[i] = upTo - below;
    below = upTo;
  }
  counts[innerEdges.length] = sorted.length - below;
  return counts;
}

function countClosed(edges: Float64Array, sorted: Float64Array): Float64Array {
  const bins = edges.length - 1;
  const counts = new Float64Array(bins);
  let below = countBelow(sorted, edges[0] ?? 0);
  for (let i = 1; i <= bins; i++) {
    const edge = edges[i] ?? 0;
    const upTo = i === bins ? countAtMost(sorted, edge) : countBelow(sorted, edge);
    counts[i - 1] = upTo - below;
    below = upTo;
  }
  return counts;
}
