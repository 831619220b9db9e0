import type { Values } from '../numeric-values.ts';
import { argsort } from './argsort.ts';

const LANES = 4;
const LARGEST = 256;

/**
 * Row indices in ascending order by a bitonic network over vectors of four lanes, the order numpy's `argsort` gives on
 * AVX2 machines. Which of several equal values comes first is arbitrary, but decides which Parzen kernel at the edge of
 * a tied group gets the wide bandwidth; taking the same one makes results comparable with the reference libraries to the
 * last digit. Above 256 values the order is the stable one.
 */
export function networkArgsort(values: Values): Uint32Array {
  const n = values.length;
  if (n > LARGEST) return argsort(values);
  let vectors = LARGEST / LANES;
  while (vectors > 1 && n * 2 <= vectors * LANES) vectors /= 2;
  const size = vectors * LANES;
  const keys = new Float64Array(size).fill(Infinity);
  const rows = new Uint32Array(size);
  for (let i = 0; i < n; i++) {
    keys[i] = values[i] ?? 0;
    rows[i] = i;
  }
  for (let base = 0; base < size; base += LANES) {
    exchange(keys, rows, base, base + 1);
    exchange(keys, rows, base + 2, base + 3);
    exchange(keys, rows, base, base + 3);
    exchange(keys, rows, base + 1, base + 2);
    exchange(keys, rows, base, base + 1);
    exchange(keys, rows, base + 2, base + 3);
  }
  for (let width = 2 * LANES; width <= size; width *= 2) {
    for (let base = 0; base < size; base += width) mergeHalves(keys, rows, base, width);
  }
  return rows.slice(0, n);
}

/** Merges two ascending halves: the upper one is met in reverse, then halves are cleaned down to neighbours. */
function mergeHalves(keys: Float64Array, rows: Uint32Array, base: number, width: number): void {
  for (let i = 0; i < width / 2; i++) exchange(keys, rows, base + i, base + width - 1 - i);
  for (let span = width / 2; span >= 2; span /= 2) {
    for (let start = base; start < base + width; start += span) {
      for (let i = start; i < start + span / 2; i++) exchange(keys, rows, i, i + span / 2);
    }
  }
}

function exchange(keys: Float64Array, rows: Uint32Array, low: number, high: number): void {
  const first = keys[low] ?? 0;
  const second = keys[high] ?? 0;
  if (!(second < first)) return;
  keys[low] = second;
  keys[high] = first;
  const held = rows[low] ?? 0;
  rows[low] = rows[high] ?? 0;
  rows[high] = held;
}
