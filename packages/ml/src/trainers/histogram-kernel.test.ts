import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../random.ts';
import { binFeatures } from './bin-features.ts';
import { writeGradientPairs } from './gradient-pairs.ts';
import { createHistogramKernel, type HistogramKernel } from './histogram-kernel.ts';

test('the kernel sums exactly what a plain loop sums', () => {
  const { kernel, binned } = example(500, 7, 1);
  kernel.sum(1, 100, 400);
  const expected = new Float64Array(kernel.cells * 2);
  for (let i = 100; i < 400; i++) {
    const row = kernel.rowOrder[i] ?? 0;
    for (let f = 0; f < 7; f++) {
      const cell = (kernel.firstCell[f] ?? 0) + (binned.rowBins[row * 7 + f] ?? 0);
      expected[2 * cell] = (expected[2 * cell] ?? 0) + (kernel.pairs[2 * row] ?? 0);
      expected[2 * cell + 1] = (expected[2 * cell + 1] ?? 0) + (kernel.pairs[2 * row + 1] ?? 0);
    }
  }
  assert.deepEqual(histogram(kernel, 1), expected);
});

test('a histogram does not depend on the order of its rows', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const { kernel } = example(200, 3, 1);
      kernel.sum(0, 0, 200);
      createRandom(seed).shuffle(kernel.rowOrder);
      kernel.sum(1, 0, 200);
      assert.deepEqual(histogram(kernel, 0), histogram(kernel, 1));
    }),
    { numRuns: 30 },
  );
});

test('a parent minus one child is exactly the other child', () => {
  const { kernel } = example(400, 4, 2);
  const middle = kernel.partition(0, 400, 2, 30, false);
  kernel.sum(0, 0, 400);
  kernel.sum(1, 0, middle);
  kernel.sum(2, middle, 400);
  kernel.subtract(0, 1);
  assert.deepEqual(histogram(kernel, 0), histogram(kernel, 2));
});

test('a partition sends each row to its side and keeps the order within', () => {
  const { kernel, binned } = example(300, 3, 3);
  const missingBin = binned.edges[1]?.length ?? 0;
  for (const missingLeft of [false, true]) {
    for (let row = 0; row < 300; row++) kernel.rowOrder[row] = row;
    const middle = kernel.partition(50, 250, 1, 20, missingLeft);
    const goesLeft = (row: number) => {
      const bin = binned.columnBins[300 + row] ?? 0;
      return bin <= 20 || (missingLeft && bin === missingBin);
    };
    const rows = Array.from({ length: 200 }, (_, i) => i + 50);
    assert.deepEqual([...kernel.rowOrder.subarray(50, middle)], rows.filter(goesLeft));
    assert.deepEqual(
      [...kernel.rowOrder.subarray(middle, 250)],
      rows.filter((row) => !goesLeft(row)),
    );
    assert.equal(kernel.rowOrder[49], 49);
    assert.equal(kernel.rowOrder[250], 250);
  }
});

test('data beyond 4 GiB is refused before anything is allocated', () => {
  const { binned } = example(10, 2, 1);
  assert.throws(() => createHistogramKernel({ ...binned, rows: 300_000_000 }, 31), { code: 'ROWS_TOO_MANY' });
});

function example(rows: number, features: number, seed: number) {
  const random = createRandom(seed);
  const columns = Array.from({ length: features }, () =>
    Float64Array.from({ length: rows }, () => (random.next() < 0.1 ? Number.NaN : random.normal())),
  );
  const binned = binFeatures({ rows, columns, names: columns.map((_, f) => `f${f}`) }, { maxBins: 64 });
  const kernel = createHistogramKernel(binned, 3);
  const derivatives = Float64Array.from({ length: rows * 2 }, (_, i) =>
    i % 2 === 0 ? random.normal() : random.next(),
  );
  writeGradientPairs(derivatives, kernel.pairs);
  for (let row = 0; row < rows; row++) kernel.rowOrder[row] = row;
  return { kernel, binned };
}

function histogram(kernel: HistogramKernel, slot: number): Float64Array {
  return kernel.histograms.slice(slot * kernel.cells * 2, (slot + 1) * kernel.cells * 2);
}
