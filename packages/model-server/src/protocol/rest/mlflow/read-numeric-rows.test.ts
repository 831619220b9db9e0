import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readNumericRows } from './read-numeric-rows.ts';

const input = { name: 'X', datatype: 'FP32', shape: [-1, 3] } as const;

function read(text: string) {
  return readNumericRows(Buffer.from(text), { ...input, shape: [...input.shape] });
}

describe('rows of numbers', () => {
  it('are the numbers that JSON.parse finds, as float32, with the texts of the rows', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.constantFrom(undefined, 1, '\t'), (sent, indent) => {
        const text = JSON.stringify({ inputs: sent }, null, indent);
        const parsed = JSON.parse(text) as { inputs: number[][] };
        const tensor = read(text);
        assert.deepEqual(tensor?.shape, [sent.length, 3]);
        assert.deepEqual(tensor.data, Float32Array.from(parsed.inputs.flat()));
        const { bytes, starts, ends } = tensor.rowsAsJson ?? assert.fail();
        for (const [row, expected] of parsed.inputs.entries()) {
          const found: unknown = JSON.parse(`[${bytes.toString('latin1', starts[row], ends[row])}]`);
          assert.deepEqual(found, expected);
        }
      }),
    );
  });

  it('are the same under either of their names', () => {
    for (const name of ['inputs', 'instances'])
      assert.deepEqual(read(`{"${name}":[[1,2,3]]}`)?.data, Float32Array.of(1, 2, 3));
  });

  it('are left to the general reader where the body is anything else', () => {
    for (const text of [
      '{"other":[[1,2,3]]}',
      '{"instances":[[1,2,3]],"inputs":[]}',
      '{"inputs":[[1,2,3]],"params":{}}',
      '{"inputs":[[1,2,3]]',
      '{"inputs":[[1,2,3]]}}',
      '{"inputs":[[1,2,3]]} x',
      '{"inputs":[[1,2,null]]}',
      '{"inputs":[[1,2,3e40]]}',
      '{"inputs":[[1,2]]}',
      '{"inputs":[[1,2,3],[1,2]]}',
      '{"inputs":[1,2,3]}',
      '{"inputs":[["1","2","3"]]}',
      '{"inputs":[]}',
      '[[1,2,3]]',
      '',
    ])
      assert.equal(read(text), undefined, text);
  });
});
