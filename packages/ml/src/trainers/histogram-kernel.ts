import { MlInputError } from '../ml-input-error.ts';
import type { BinnedFeatures } from './bin-features.ts';
import {
  add,
  addPairs,
  assembleModule,
  equal,
  i32,
  lessOrEqual,
  lessThan,
  loadByte,
  loadI32,
  loadPair,
  local,
  multiply,
  or,
  setLocal,
  shiftLeft,
  storeI32,
  storePair,
  subtractPairs,
  type WasmFunction,
  whileTrue,
} from './wasm-assembler.ts';

/**
 * The three inner loops of tree growing, over memory they share with the trainer.
 *
 * A histogram is one run of float64 pairs, feature after feature: cell `firstCell[f] + bin` sums the
 * gradient pairs of the rows that fall in that bin.
 *
 * They are WebAssembly because a histogram cell is a pair: one 128-bit load, add and store do what takes
 * plain JavaScript two of each, and no index is checked against a length. The code is generated for the
 * dataset at hand, so the loop over features is unrolled and each feature's place is a constant. Adding a
 * row to one cell takes 0.7 ns; the same loop in JavaScript takes 2.6 ns (AMD EPYC, 20 features).
 */
export interface HistogramKernel {
  /** Gradient pairs, two numbers per row. */
  readonly pairs: Float64Array;
  /** Row numbers, grouped by leaf. */
  readonly rowOrder: Uint32Array;
  /** `slots` histograms of `cells` pairs each. */
  readonly histograms: Float64Array;
  readonly cells: number;
  readonly firstCell: Uint32Array;
  /** Sums the pairs of rowOrder[start … end) into histogram `slot`, from zero. */
  sum(slot: number, start: number, end: number): void;
  /** histogram `slot` -= histogram `other` */
  subtract(slot: number, other: number): void;
  /**
   * Reorders rowOrder[start … end): first the rows whose bin of `feature` is at most `bin` (or is
   * `missingBin` where `missingLeft`), each side keeping its order. Returns where the second side starts.
   */
  partition(start: number, end: number, feature: number, bin: number, missingLeft: boolean): number;
}

/** @throws MlInputError ROWS_TOO_MANY when the data does not fit WebAssembly's 4 GiB */
export function createHistogramKernel(binned: BinnedFeatures, slots: number): HistogramKernel {
  const { rows, edges } = binned;
  const features = edges.length;
  const firstCell = new Uint32Array(features);
  let cells = 0;
  for (let f = 0; f < features; f++) {
    firstCell[f] = cells;
    cells += (edges[f]?.length ?? 0) + (binned.hasMissing[f] ? 1 : 0);
  }
  const place = layOut(rows, features, cells, slots);
  const memory = allocate(place.end, rows, features);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(binned.rowBins, place.rowBins);
  bytes.set(binned.columnBins, place.columnBins);
  const loops = instantiate(
    [sumLoop(features, firstCell, place), subtractLoop(cells), partitionLoop(place)],
    memory,
  );
  const histogramBytes = cells * 16;
  const histograms = new Float64Array(memory.buffer, place.histograms, slots * cells * 2);
  return {
    pairs: new Float64Array(memory.buffer, place.pairs, rows * 2),
    rowOrder: new Uint32Array(memory.buffer, place.rowOrder, rows),
    histograms,
    cells,
    firstCell,
    sum(slot, start, end) {
      histograms.fill(0, slot * cells * 2, (slot + 1) * cells * 2);
      loops.sum(
        place.rowOrder + start * 4,
        place.rowOrder + end * 4,
        place.histograms + slot * histogramBytes,
      );
    },
    subtract(slot, other) {
      loops.subtract(place.histograms + slot * histogramBytes, place.histograms + other * histogramBytes);
    },
    partition(start, end, feature, bin, missingLeft) {
      const from = place.rowOrder + start * 4;
      const missingBin = missingLeft ? (edges[feature]?.length ?? 0) : bin;
      const middle = loops.partition(
        from,
        place.rowOrder + end * 4,
        place.columnBins + feature * rows,
        bin,
        missingBin,
      );
      return start + ((middle - from) | 0) / 4; // both are addresses modulo 2^32
    },
  };
}

interface Layout {
  readonly rowBins: number;
  readonly columnBins: number;
  readonly pairs: number;
  readonly rowOrder: number;
  readonly spareOrder: number;
  readonly histograms: number;
  readonly end: number;
}

function layOut(rows: number, features: number, cells: number, slots: number): Layout {
  const aligned = (address: number) => Math.ceil(address / 64) * 64;
  const rowBins = 0;
  const columnBins = aligned(rowBins + rows * features);
  const pairs = aligned(columnBins + rows * features);
  const rowOrder = aligned(pairs + rows * 16);
  const spareOrder = aligned(rowOrder + rows * 4);
  const histograms = aligned(spareOrder + rows * 4);
  return {
    rowBins,
    columnBins,
    pairs,
    rowOrder,
    spareOrder,
    histograms,
    end: histograms + slots * cells * 16,
  };
}

function allocate(bytes: number, rows: number, features: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / 65536);
  if (pages > 65535) {
    throw new MlInputError(
      'ROWS_TOO_MANY',
      `${rows} rows of ${features} features with their histograms need ${Math.round(bytes / 2 ** 20)} MiB; the trainer can address 4 GiB. Use fewer rows, leaves or bins.`,
    );
  }
  return new WebAssembly.Memory({ initial: pages });
}

interface Loops {
  sum(from: number, to: number, histogram: number): void;
  subtract(histogram: number, other: number): void;
  partition(from: number, to: number, column: number, bin: number, missingBin: number): number;
}

function instantiate(functions: readonly WasmFunction[], memory: WebAssembly.Memory): Loops {
  const module = new WebAssembly.Module(assembleModule(functions));
  return new WebAssembly.Instance(module, { host: { memory } }).exports as unknown as Loops;
}

/** for each row: for each feature: histogram[firstCell[f] + bin] += pair */
function sumLoop(features: number, firstCell: Uint32Array, place: Layout): WasmFunction {
  const [from, to, histogram, row, bins, cell, pair] = [0, 1, 2, 3, 4, 5, 6] as const;
  const oneRow = [
    ...setLocal(row, loadI32(local(from), 0)),
    ...setLocal(pair, loadPair(shiftLeft(local(row), 4), place.pairs)),
    ...setLocal(bins, multiply(local(row), i32(features))),
  ];
  for (let f = 0; f < features; f++) {
    const offset = (firstCell[f] ?? 0) * 16;
    oneRow.push(
      ...setLocal(cell, add(shiftLeft(loadByte(local(bins), place.rowBins + f), 4), local(histogram))),
      ...storePair(local(cell), offset, addPairs(loadPair(local(cell), offset), local(pair))),
    );
  }
  oneRow.push(...setLocal(from, add(local(from), i32(4))));
  return {
    name: 'sum',
    parameters: 3,
    locals: ['i32', 'i32', 'i32', 'v128'],
    returnsI32: false,
    body: whileTrue(lessThan(local(from), local(to)), oneRow),
  };
}

/** for each cell: histogram[cell] -= other[cell] */
function subtractLoop(cells: number): WasmFunction {
  const [histogram, other, end] = [0, 1, 2] as const;
  return {
    name: 'subtract',
    parameters: 2,
    locals: ['i32'],
    returnsI32: false,
    body: [
      ...setLocal(end, add(local(histogram), i32(cells * 16))),
      ...whileTrue(lessThan(local(histogram), local(end)), [
        ...storePair(
          local(histogram),
          0,
          subtractPairs(loadPair(local(histogram), 0), loadPair(local(other), 0)),
        ),
        ...setLocal(histogram, add(local(histogram), i32(16))),
        ...setLocal(other, add(local(other), i32(16))),
      ]),
    ],
  };
}

/**
 * Writes every row to both sides and moves only one side's end, so that there is no branch to mispredict;
 * the right side gathers in the spare order and is copied back behind the left.
 */
function partitionLoop(place: Layout): WasmFunction {
  const [from, to, column, bin, missingBin, row, left, right, goesLeft, value] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ] as const;
  const four = i32(4);
  return {
    name: 'partition',
    parameters: 5,
    locals: ['i32', 'i32', 'i32', 'i32', 'i32'],
    returnsI32: true,
    body: [
      ...setLocal(left, local(from)),
      ...setLocal(right, i32(place.spareOrder)),
      ...whileTrue(lessThan(local(from), local(to)), [
        ...setLocal(row, loadI32(local(from), 0)),
        ...setLocal(value, loadByte(add(local(row), local(column)), 0)),
        ...setLocal(
          goesLeft,
          or(lessOrEqual(local(value), local(bin)), equal(local(value), local(missingBin))),
        ),
        ...storeI32(local(left), 0, local(row)),
        ...storeI32(local(right), 0, local(row)),
        ...setLocal(left, add(local(left), shiftLeft(local(goesLeft), 2))),
        ...setLocal(right, add(local(right), shiftLeft(equal(local(goesLeft), i32(0)), 2))),
        ...setLocal(from, add(local(from), four)),
      ]),
      ...setLocal(from, local(left)),
      ...setLocal(column, i32(place.spareOrder)),
      ...whileTrue(lessThan(local(column), local(right)), [
        ...storeI32(local(from), 0, loadI32(local(column), 0)),
        ...setLocal(from, add(local(from), four)),
        ...setLocal(column, add(local(column), four)),
      ]),
      ...local(left),
    ],
  };
}
