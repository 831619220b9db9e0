import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ColumnPreprocessing, defaultPreprocessing, fitPreprocessing } from './fit-preprocessing.ts';
import type { Table } from './table.ts';
import { transform } from './transform.ts';

const TABLE: Table = {
  rows: 5,
  columns: [
    { name: 'city', type: 'text', values: ['b', 'a', null, 'b', 'c'] },
    { name: 'age', type: 'number', values: Float64Array.of(10, 20, Number.NaN, 40, 40) },
    { name: 'month', type: 'number', values: Float64Array.of(1, 12, 1, Number.NaN, 3) },
  ],
};

test('numbers stay first and each category gets a column', () => {
  const fitted = fitPreprocessing(TABLE, { city: { encode: 'one_hot' } });
  const dataset = transform(fitted, TABLE);
  assert.deepEqual(dataset.names, ['age', 'month', 'city=a', 'city=b', 'city=c']);
  assert.deepEqual(
    dataset.columns.slice(2).map((column) => [...column]),
    [
      [0, 1, 0, 0, 0],
      [1, 0, 0, 1, 0],
      [0, 0, 0, 0, 1],
    ],
  );
  assert.ok(Number.isNaN(dataset.columns[0]?.[2]));
});

test('ordinals follow the alphabet; an unknown or missing category is a missing value', () => {
  const fitted = fitPreprocessing(TABLE, { city: { encode: 'ordinal' } });
  const other: Table = {
    rows: 3,
    columns: [
      ...TABLE.columns.slice(1).map((column) => ({ ...column, values: new Float64Array(3) })),
      { name: 'city', type: 'text', values: ['c', 'zzz', ''] },
    ] as Table['columns'],
  };
  assert.deepEqual([...(transform(fitted, other).columns[2] ?? [])], [2, Number.NaN, Number.NaN]);
});

test('each way of imputing fills what is missing', () => {
  const fill = (impute: ColumnPreprocessing['impute'] & {}) =>
    transform(fitPreprocessing(TABLE, { city: { encode: 'ordinal' }, age: { impute } }), TABLE)
      .columns[0]?.[2];
  assert.equal(fill('mean'), 27.5);
  assert.equal(fill('median'), 30);
  assert.equal(fill('most_frequent'), 40);
  assert.equal(fill({ constant: -1 }), -1);
});

test('a missing text takes its fill, which may be a category of its own', () => {
  const encoded = (impute: ColumnPreprocessing['impute'] & {}) => {
    const fitted = fitPreprocessing(TABLE, { city: { encode: 'ordinal', impute } });
    return [...(transform(fitted, TABLE).columns[2] ?? [])];
  };
  assert.deepEqual(encoded('most_frequent'), [1, 0, 1, 1, 2]);
  assert.deepEqual(encoded({ constant: 'none' }), [1, 0, 3, 1, 2]);
});

test('standard scale gives mean 0 and deviation 1 after imputing', () => {
  const fitted = fitPreprocessing(TABLE, {
    city: { encode: 'ordinal' },
    age: { impute: 'mean', scale: 'standard' },
  });
  const column = [...(transform(fitted, TABLE).columns[0] ?? [])];
  const mean = column.reduce((a, b) => a + b, 0) / 5;
  const variance = column.reduce((a, b) => a + b * b, 0) / 5;
  assert.ok(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-6);
});

test('only the most frequent categories are kept when there are too many', () => {
  const fitted = fitPreprocessing(TABLE, {
    city: { encode: 'one_hot', maxCategories: 2 },
    month: { encode: 'one_hot', maxCategories: 1 },
  });
  assert.deepEqual(transform(fitted, TABLE).names, ['age', 'city=a', 'city=b', 'month=1']);
});

test('the default rules make any table fit', () => {
  for (const kind of ['trees', 'linear'] as const) {
    const fitted = fitPreprocessing(TABLE, defaultPreprocessing(TABLE, kind));
    const { columns } = transform(fitted, TABLE);
    const complete = columns.every((column) => column.every((value) => !Number.isNaN(value)));
    assert.equal(complete, kind === 'linear');
  }
});

test('what was fitted survives JSON', () => {
  const fitted = fitPreprocessing(TABLE, defaultPreprocessing(TABLE, 'linear'));
  assert.deepEqual(JSON.parse(JSON.stringify(fitted)), fitted);
});

test('columns are found by name, and wrong tables are refused with a code', () => {
  const fitted = fitPreprocessing(TABLE, { city: { encode: 'ordinal' } });
  assert.deepEqual(
    transform(fitted, { ...TABLE, columns: [...TABLE.columns].reverse() }),
    transform(fitted, TABLE),
  );
  const refusals: [string, () => unknown][] = [
    ['COLUMN_MISSING', () => transform(fitted, { ...TABLE, columns: TABLE.columns.slice(1) })],
    [
      'COLUMN_TYPE_MISMATCH',
      () =>
        transform(fitted, {
          rows: 5,
          columns: TABLE.columns.map((column) => ({
            name: column.name,
            type: 'number',
            values: new Float64Array(5),
          })),
        }),
    ],
    ['COLUMN_LENGTH_MISMATCH', () => transform(fitted, { ...TABLE, rows: 4 })],
    ['COLUMN_NOT_ENCODED', () => fitPreprocessing(TABLE, {})],
    ['COLUMN_UNKNOWN', () => fitPreprocessing(TABLE, { town: {} })],
    ['ROWS_EMPTY', () => fitPreprocessing({ rows: 0, columns: [] }, {})],
    ['OPTION_INVALID', () => fitPreprocessing(TABLE, { city: { encode: 'ordinal', impute: 'mean' } })],
    [
      'OPTION_INVALID',
      () => fitPreprocessing(TABLE, { city: { encode: 'ordinal' }, age: { impute: { constant: 'x' } } }),
    ],
    [
      'COLUMN_ALL_MISSING',
      () =>
        fitPreprocessing(
          { rows: 2, columns: [{ name: 'x', type: 'number', values: new Float64Array(2).fill(Number.NaN) }] },
          { x: { impute: 'mean' } },
        ),
    ],
  ];
  for (const [code, refused] of refusals) assert.throws(refused, { name: 'MlInputError', code });
});
