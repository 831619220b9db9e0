import { MlInputError } from '../ml-input-error.ts';
import { checkDataset, type Dataset } from './dataset.ts';

/**
 * Features as bin numbers of one byte. Values of feature f lie in bins 0 … edges[f].length - 1; a missing
 * value, where the feature has any, in the bin after them.
 */
export interface BinnedFeatures {
  readonly rows: number;
  readonly names: readonly string[];
  /** Row-major: `rowBins[row * features + f]`; what histograms read. */
  readonly rowBins: Uint8Array;
  /** Column-major: `columnBins[f * rows + row]`; what partitions read. */
  readonly columnBins: Uint8Array;
  /** `edges[f][b]` is the largest float32 that falls in bin b; the last one is the largest of all. */
  readonly edges: readonly Float64Array[];
  readonly hasMissing: readonly boolean[];
}

/**
 * Quantile bins for the boosting trainer, made once per training set and reused by every trial. A feature
 * with at most `maxBins` distinct values gets one bin for each; otherwise bins hold about equal numbers of
 * rows, and a value that fills a whole bin stands alone. Values are rounded to float32 first and edges are
 * float32 midpoints, so a graph that compares in float32 splits exactly alike.
 * @param options.maxBins bins for values, 2 … 255 (default 255); a missing value's bin comes on top
 * @throws MlInputError as checkDataset; OPTION_INVALID
 */
export function binFeatures(dataset: Dataset, options: { readonly maxBins?: number } = {}): BinnedFeatures {
  const maxBins = options.maxBins ?? 255;
  if (!Number.isInteger(maxBins) || maxBins < 2 || maxBins > 255) {
    throw new MlInputError('OPTION_INVALID', `maxBins is ${maxBins}; it must be an integer from 2 to 255.`);
  }
  checkDataset(dataset, 'allow');
  const { rows, columns } = dataset;
  const features = columns.length;
  const rowBins = new Uint8Array(rows * features);
  const columnBins = new Uint8Array(rows * features);
  const edges: Float64Array[] = [];
  const hasMissing: boolean[] = [];
  for (const [feature, column] of columns.entries()) {
    const { sorted, missing } = sortValues(column);
    const featureEdges = quantileEdges(sorted, maxBins);
    edges.push(featureEdges);
    hasMissing.push(missing > 0);
    const bins = columnBins.subarray(feature * rows, (feature + 1) * rows);
    assignBins(column, featureEdges, bins);
    for (let row = 0, at = feature; row < rows; row++, at += features) rowBins[at] = bins[row] as number;
  }
  return { rows, names: dataset.names, rowBins, columnBins, edges, hasMissing };
}

const LARGEST_FLOAT32 = 3.4028234663852886e38;

function sortValues(column: Float32Array | Float64Array): { sorted: Float32Array; missing: number } {
  const sorted = Float32Array.from(column).sort(); // the typed sort puts NaN last
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1])) count--;
  return { sorted: sorted.subarray(0, count), missing: sorted.length - count };
}

/** Ascending upper edges; at least one, the last is the largest float32. */
function quantileEdges(sorted: Float32Array, maxBins: number): Float64Array {
  const { values, counts } = countDistinct(sorted);
  if (values.length <= maxBins) {
    return Float64Array.from({ length: Math.max(values.length, 1) }, (_, i) => edgeAfter(values, i));
  }
  const edges: number[] = [];
  let rowsLeft = sorted.length;
  let inBin = 0;
  for (let i = 0; i < values.length && edges.length < maxBins - 1; i++) {
    const count = counts[i] as number;
    const target = rowsLeft / (maxBins - edges.length);
    inBin += count;
    const next = counts[i + 1] ?? 0;
    // Close the bin when it is full, or when stopping here leaves it nearer to its share than going on.
    if (inBin >= target || (inBin > 0 && inBin + next > target && inBin + next - target > target - inBin)) {
      edges.push(edgeAfter(values, i));
      rowsLeft -= inBin;
      inBin = 0;
    }
  }
  if (edges[edges.length - 1] !== LARGEST_FLOAT32) edges.push(LARGEST_FLOAT32);
  return Float64Array.from(edges);
}

function countDistinct(sorted: Float32Array): { values: number[]; counts: number[] } {
  const values: number[] = [];
  const counts: number[] = [];
  for (let start = 0; start < sorted.length; ) {
    const value = sorted[start] as number;
    let end = start + 1;
    while (end < sorted.length && sorted[end] === value) end++;
    values.push(value);
    counts.push(end - start);
    start = end;
  }
  return { values, counts };
}

/** A float32 t with values[i] <= t < values[i + 1]. */
function edgeAfter(values: readonly number[], i: number): number {
  const low = values[i];
  const high = values[i + 1];
  if (low === undefined || high === undefined) return LARGEST_FLOAT32;
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

function assignBins(column: Float32Array | Float64Array, edges: Float64Array, bins: Uint8Array): void {
  const missingBin = edges.length;
  const last = edges.length - 1;
  for (let row = 0; row < column.length; row++) {
    const value = Math.fround(column[row] as number);
    if (Number.isNaN(value)) {
      bins[row] = missingBin;
      continue;
    }
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (edges[middle] as number)) high = middle;
      else low = middle + 1;
    }
    bins[row] = low;
  }
}
