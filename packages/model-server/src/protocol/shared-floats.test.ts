import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyFloats, roomForFloats } from './shared-floats.ts';

test('arrays share memory, and nothing in it', () => {
  const lengths = Array.from({ length: 300 }, (_, place) => (place * 37) % 400);
  const arrays = lengths.map((length) => roomForFloats(length));
  for (const [place, array] of arrays.entries()) {
    assert.deepEqual(array, new Float32Array(lengths[place] ?? 0));
    array.fill(place + 1);
  }
  for (const [place, array] of arrays.entries())
    assert.ok(array.every((value) => value === place + 1) && array.length === lengths[place]);
});

test('a copy is of its own, wherever the bytes lie', () => {
  for (const length of [0, 1, 20, 256, 257, 3_000]) {
    const numbers = Float32Array.from({ length }, (_, place) => Math.sin(place));
    const bytes = new Uint8Array(1 + numbers.byteLength);
    bytes.set(new Uint8Array(numbers.buffer), 1);
    const copy = copyFloats(bytes.subarray(1));
    bytes.fill(0);
    assert.deepEqual(copy, numbers);
  }
});
