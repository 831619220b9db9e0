import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { comparisonRows, readExample } from './comparison-rows.ts';

const columns = [
  { name: 'age', text: false },
  { name: 'city', text: true },
];

describe('the rows that two models are compared on', () => {
  it('are those of the example and others like them, the same ones each time', () => {
    const examples = [
      [30, 'Recife'],
      [50, 'Olinda'],
    ];
    const rows = comparisonRows(columns, examples);
    assert.deepEqual(rows, comparisonRows(columns, examples));
    assert.deepEqual(rows.examples, examples);
    for (const [age, city] of rows.madeUp) {
      assert.ok(Number(age) >= 15 && Number(age) <= 75, String(age));
      assert.ok(city === 'Recife' || city === 'Olinda');
    }
    assert.deepEqual(rows.gaps, [[null, 'Recife']]);
  });

  it('are made up where there is no example: negative, large and whole numbers among them', () => {
    const { madeUp, gaps } = comparisonRows([{ name: 'x', text: false }], []);
    const values = madeUp.map(([value]) => Number(value));
    assert.ok(values.some((value) => value < -5) && values.some((value) => value > 5));
    assert.ok(values.some(Number.isInteger) && values.some((value) => Math.abs(value) < 0.2));
    assert.deepEqual(gaps, [[null]]);
  });

  it('are read in each form that MLflow keeps an example in', () => {
    const rows = [[30, 'Recife']];
    const frame = { columns: ['city', 'age'], data: [['Recife', 30]] };
    assert.deepEqual(readExample(JSON.stringify(frame), columns), rows);
    assert.deepEqual(readExample(JSON.stringify({ dataframe_split: frame }), columns), rows);
    const numbers = [{ name: 'X_0', text: false }];
    assert.deepEqual(readExample('{"inputs": [[1], [null]]}', numbers), [[1], [null]]);
    assert.deepEqual(readExample('[[1], [2]]', numbers), [[1], [2]]);
    for (const other of ['{', '7', '{"columns": ["age"], "data": [[1]]}', '[["a"]]', '[1]'])
      assert.deepEqual(readExample(other, columns), [], other);
  });
});
