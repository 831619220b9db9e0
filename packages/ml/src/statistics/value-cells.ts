/**
 * A sorted multiset of doubles in at most `maxCells` cells. The cells are dyadic in the bit pattern: level k drops the k
 * lowest bits of a double's magnitude, so relative resolution is even over the whole range, and offset data still gets
 * fine cells. The level is the smallest at which the values fit, which depends on the values alone: any order of adding
 * and merging gives the same cells. At level 0 nothing is lost.
 */
export interface ValueCells {
  level: number;
  /** One representative per cell, ascending: the middle of the cell, or the value itself at level 0. */
  values: Float64Array;
  counts: Float64Array;
}

const TOP_LEVEL = 63;

/** Cells of finite `values`, which are sorted in place. */
export function cellsOf(values: Float64Array, maxCells: number): ValueCells {
  values.sort();
  return fit({ level: 0, values, counts: new Float64Array(values.length).fill(1) }, maxCells);
}

/** Cells of both multisets together. */
export function mergeCells(a: ValueCells, b: ValueCells, maxCells: number): ValueCells {
  const level = Math.max(a.level, b.level);
  const first = coarsen(a, level);
  const second = coarsen(b, level);
  const size = first.values.length + second.values.length;
  const values = new Float64Array(size);
  const counts = new Float64Array(size);
  let i = 0;
  let j = 0;
  for (let k = 0; k < size; k++) {
    const left = first.values[i] ?? Infinity;
    const takesFirst = i < first.values.length && left <= (second.values[j] ?? Infinity);
    values[k] = takesFirst ? left : (second.values[j] ?? 0);
    counts[k] = takesFirst ? (first.counts[i++] ?? 0) : (second.counts[j++] ?? 0);
  }
  return fit({ level, values, counts }, maxCells);
}

/** Representatives, at `level`, of finite values; a new column in the same order. */
export function toRepresentatives(values: Float64Array, level: number): Float64Array {
  const moved = values.map((value) => value + 0); // -0 becomes 0
  if (level === 0) return moved;
  const words = new Uint32Array(moved.buffer, moved.byteOffset, moved.length * 2);
  const lowMask = level >= 32 ? 0 : (0xffffffff << level) >>> 0;
  const highMask = level <= 32 ? 0xffffffff : (0x80000000 | ((0xffffffff << (level - 32)) >>> 0)) >>> 0;
  const lowHalf = level <= 32 ? (1 << (level - 1)) >>> 0 : 0;
  const highHalf = level > 32 ? (1 << (level - 33)) >>> 0 : 0;
  for (let i = 0; i < moved.length; i++) {
    words[2 * i] = (((words[2 * i] ?? 0) & lowMask) | lowHalf) >>> 0;
    words[2 * i + 1] = (((words[2 * i + 1] ?? 0) & highMask) | highHalf) >>> 0;
  }
  return moved;
}

function fit(cells: ValueCells, maxCells: number): ValueCells {
  return coarsen(cells, Math.max(cells.level, smallestLevel(cells.values, maxCells)));
}

/**
 * The lowest level with at most `maxCells` cells. Two neighbours fall into one cell at the level of their highest
 * differing bit, so one pass over the sorted values tells the number of cells at every level.
 */
function smallestLevel(sorted: Float64Array, maxCells: number): number {
  const plain = sorted.map((value) => value + 0); // -0 becomes 0
  const words = new Uint32Array(plain.buffer);
  const splitsUpTo = new Float64Array(TOP_LEVEL + 2);
  for (let i = 1; i < plain.length; i++) {
    const high = (words[2 * i + 1] ?? 0) ^ (words[2 * i - 1] ?? 0);
    const low = (words[2 * i] ?? 0) ^ (words[2 * i - 2] ?? 0);
    const differing = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high);
    splitsUpTo[differing] = (splitsUpTo[differing] ?? 0) + 1;
  }
  let cells = plain.length - (splitsUpTo[0] ?? 0);
  let level = 0;
  while (cells > maxCells && level < TOP_LEVEL) {
    level++;
    cells -= splitsUpTo[level] ?? 0;
  }
  return level;
}

function coarsen(cells: ValueCells, level: number): ValueCells {
  const moved = toRepresentatives(cells.values, level);
  const values = new Float64Array(moved.length);
  const counts = new Float64Array(moved.length);
  let size = 0;
  for (let i = 0; i < moved.length; i++) {
    const value = moved[i] ?? 0;
    if (size === 0 || values[size - 1] !== value) values[size++] = value;
    counts[size - 1] = (counts[size - 1] ?? 0) + (cells.counts[i] ?? 0);
  }
  return { level, values: values.slice(0, size), counts: counts.slice(0, size) };
}
