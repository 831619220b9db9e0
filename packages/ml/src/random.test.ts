import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from './random.ts';

test('the same seed gives the same stream, another seed another', () => {
  const stream = (seed: number) => {
    const random = createRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  assert.deepEqual(stream(7), stream(7));
  assert.notDeepEqual(stream(7), stream(8));
  assert.notDeepEqual(stream(7), stream(7 + 2 ** 32));
});

test('the stream is pinned, so stored seeds keep their meaning', () => {
  const random = createRandom(1);
  assert.equal(random.next(), 0.09156953175513294);
});

test('integers are uniform and normals have mean 0 and variance 1', () => {
  const random = createRandom(3);
  const counts = new Array<number>(6).fill(0);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < 60_000; i++) {
    const face = random.integer(6);
    counts[face] = (counts[face] ?? 0) + 1;
    const deviate = random.normal();
    sum += deviate;
    squares += deviate * deviate;
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `a face came ${count} times`);
  assert.ok(Math.abs(sum / 60_000) < 0.02);
  assert.ok(Math.abs(squares / 60_000 - 1) < 0.03);
});

test('a shuffle keeps every element', () => {
  const shuffled = createRandom(5).shuffle(Array.from({ length: 100 }, (_, i) => i));
  assert.notDeepEqual(shuffled.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(
    shuffled.sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
});
