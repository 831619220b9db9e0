import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readSplitRows } from './read-split-rows.ts';

const matrix = {
  input: { name: 'X', datatype: 'FP32', shape: [-1, 3] as number[] },
  names: ['age', 'data', 'Größe'],
} as const;

function read(text: string) {
  return readSplitRows(Buffer.from(text), matrix);
}

const columns = '"columns":["age","data","Größe"]';

describe('a table of numbers', () => {
  it('is the numbers that JSON.parse finds, as float32, whatever stands first in it', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.constantFrom(undefined, 1, '\t'), (data, indent) => {
        const sent = JSON.stringify({ dataframe_split: { data, columns: matrix.names } }, null, indent);
        const parsed = JSON.parse(sent) as { dataframe_split: { data: number[][] } };
        const tensor = read(sent);
        // A column is named data: behind the rows that could be another key.
        assert.equal(tensor, undefined);
        const other = { input: matrix.input, names: ['age', 'plan', 'Größe'] };
        const plain = JSON.stringify({ dataframe_split: { data, columns: other.names } }, null, indent);
        const found = readSplitRows(Buffer.from(plain), other) ?? assert.fail(plain);
        assert.deepEqual(found.shape, [data.length, 3]);
        assert.deepEqual(found.data, Float32Array.from(parsed.dataframe_split.data.flat()));
        const { bytes, starts, ends } = found.rowsAsJson ?? assert.fail();
        for (const [row, expected] of parsed.dataframe_split.data.entries()) {
          const text: unknown = JSON.parse(`[${bytes.toString('latin1', starts[row], ends[row])}]`);
          assert.deepEqual(text, expected);
        }
      }),
    );
  });

  it('is left to the general reader where the body is anything else', () => {
    const other = { input: matrix.input, names: ['a', 'b', 'c'] };
    const named = '"columns":["a","b","c"]';
    const whole = `{"dataframe_split":{${named},"data":[[1,2,3]]}}`;
    assert.deepEqual(readSplitRows(Buffer.from(whole), other)?.data, Float32Array.of(1, 2, 3));
    for (const text of [
      '{"dataframe_split":{"columns":["c","b","a"],"data":[[1,2,3]]}}',
      '{"dataframe_split":{"columns":["a","b"],"data":[[1,2,3]]}}',
      '{"dataframe_split":{"columns":["a","b","c","c"],"data":[[1,2,3]]}}',
      '{"dataframe_split":{"columns":null,"data":[[1,2,3]]}}',
      '{"dataframe_split":{"data":[[1,2,3]]}}',
      `{"dataframe_split":{${named},"data":[[1,2]]}}`,
      `{"dataframe_split":{${named},"data":[[1,2,null]]}}`,
      `{"dataframe_split":{${named},"data":[[1,2,3e40]]}}`,
      `{"dataframe_split":{${named},"data":[[1,2,"3"]]}}`,
      `{"dataframe_split":{${named},"data":[]}}`,
      `{"dataframe_split":{${named},"data":[1,2,3]}}`,
      `{"dataframe_split":{${named},"data":[[1,2,3]],"index":[0]}}`,
      `{"dataframe_split":{${named},"data":[[1,2,3]],"data":0}}`,
      `{"dataframe_split":{${named},"data":[[1,2,3]]},"params":{}}`,
      `{"dataframe_split":{${named},"data":[[1,2,3]]}`,
      `{"dataframe_split":{${named},"data":0},"x":{"data":[[1,2,3]]}}`,
      `{"x":{"data":[[1,2,3]]},"dataframe_split":{${named},"data":0}}`,
      `{"dataframe_split":{${named},"x":"\\"data":[[1,2,3]]}}`,
      `{"dataframe_records":{${named},"data":[[1,2,3]]}}`,
      `{${columns},"data":[[1,2,3]]}`,
      '',
    ])
      assert.equal(readSplitRows(Buffer.from(text), other), undefined, text);
    const latin = Buffer.from(whole.replace('"a"', '"\u00e4"'), 'latin1');
    assert.equal(readSplitRows(latin, { ...other, names: ['\ufffd', 'b', 'c'] }), undefined);
  });
});
