import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnBuffers } from './column-buffers.ts';

test('columns are found in objects, lists and maps, each buffer once', () => {
  const a = Float64Array.of(1, 2);
  const b = Float32Array.of(3);
  const c = Float64Array.of(4);
  const value = {
    table: { columns: [{ values: a }, { values: ['x', null] }] },
    map: new Map([['b', b]]),
    c,
    again: a,
  };
  assert.deepEqual(columnBuffers(value), [a.buffer, b.buffer, c.buffer]);
});

test('parts of a buffer, bytes, texts and nothing are left alone', () => {
  const part = new Float64Array(8).subarray(2, 4);
  assert.deepEqual(
    columnBuffers({ part, bytes: Buffer.from('model'), text: 'x', none: null, number: 1 }),
    [],
  );
});
