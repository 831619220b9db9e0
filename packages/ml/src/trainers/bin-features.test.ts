import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '../random.ts';
import { binFeatures } from './bin-features.ts';

test('a few distinct values get a bin each and missing values the bin after them', () => {
  const binned = binFeatures(oneColumn([3, 1, Number.NaN, 2, 1]));
  assert.deepEqual([...binned.columnBins], [2, 0, 3, 1, 0]);
  assert.deepEqual([...(binned.edges[0] ?? [])], [1.5, 2.5, 3.4028234663852886e38]);
  assert.deepEqual(binned.hasMissing, [true]);
});

test('many distinct values fall in bins of about equal size', () => {
  const random = createRandom(1);
  const values = Array.from({ length: 20_000 }, () => random.normal());
  const binned = binFeatures(oneColumn(values), { maxBins: 50 });
  const counts = new Array<number>(50).fill(0);
  for (const bin of binned.columnBins) counts[bin] = (counts[bin] ?? 0) + 1;
  assert.equal(binned.edges[0]?.length, 50);
  for (const count of counts) assert.ok(Math.abs(count - 400) <= 2, `a bin holds ${count} rows`);
});

test('a value that fills many bins stands alone and leaves the other bins to the rest', () => {
  const random = createRandom(1);
  const values = Array.from({ length: 10_000 }, (_, i) => (i % 2 === 0 ? 0 : random.normal()));
  const binned = binFeatures(oneColumn(values), { maxBins: 20 });
  const zeroBin = binned.columnBins[0] ?? -1;
  const inZeroBin = binned.columnBins.filter((bin) => bin === zeroBin).length;
  assert.ok(inZeroBin < 5300, `${inZeroBin} rows share the bin of 0`);
  assert.ok((binned.edges[0]?.length ?? 0) >= 18);
});

test('row-major and column-major bins agree', () => {
  const columns = [Float64Array.of(1, 2, 3), Float64Array.of(9, 8, 9)];
  const binned = binFeatures({ rows: 3, columns, names: ['a', 'b'] });
  for (let row = 0; row < 3; row++) {
    for (let f = 0; f < 2; f++) assert.equal(binned.rowBins[row * 2 + f], binned.columnBins[f * 3 + row]);
  }
});

test('every edge is a float32 that parts exactly the values of its bin from the next', () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noDefaultInfinity: true }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 2, max: 20 }),
      (values, maxBins) => {
        const binned = binFeatures(oneColumn(values), { maxBins });
        const edges = binned.edges[0] ?? new Float64Array(0);
        assert.ok(edges.length <= maxBins);
        for (const [row, value] of values.entries()) {
          const bin = binned.columnBins[row] ?? -1;
          if (Number.isNaN(value)) {
            assert.equal(bin, edges.length);
            continue;
          }
          assert.ok(value <= (edges[bin] ?? Number.NaN));
          if (bin > 0) assert.ok(value > (edges[bin - 1] ?? Number.NaN));
        }
        for (const edge of edges) assert.equal(Math.fround(edge), edge);
      },
    ),
  );
});

test('unusable data is refused with a code', () => {
  const refusals: [string, () => unknown][] = [
    ['ROWS_EMPTY', () => binFeatures({ rows: 0, columns: [new Float64Array(0)], names: ['a'] })],
    ['COLUMNS_EMPTY', () => binFeatures({ rows: 2, columns: [], names: [] })],
    ['COLUMN_LENGTH_MISMATCH', () => binFeatures({ rows: 3, columns: [new Float64Array(2)], names: ['a'] })],
    [
      'COLUMN_LENGTH_MISMATCH',
      () => binFeatures({ rows: 2, columns: [new Float64Array(2)], names: ['a', 'b'] }),
    ],
    ['NON_FINITE_FEATURE', () => binFeatures(oneColumn([1, Number.POSITIVE_INFINITY]))],
    ['NON_FINITE_FEATURE', () => binFeatures(oneColumn([1, 1e39]))],
    ['OPTION_INVALID', () => binFeatures(oneColumn([1, 2]), { maxBins: 256 })],
  ];
  for (const [code, attempt] of refusals) assert.throws(attempt, { name: 'MlInputError', code });
});

function oneColumn(values: readonly number[]) {
  return { rows: values.length, columns: [Float64Array.from(values)], names: ['x'] };
}
