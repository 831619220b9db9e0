import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createKeptBySize } from './kept-by-size.ts';

it('what was asked for longest ago goes first, and what is too large is not kept', () => {
  const kept = createKeptBySize<string>({ most: 10, mostOfOne: 5 });
  for (const key of ['a', 'b', 'c']) kept.keep(key, key, 3);
  assert.equal(kept.get('a'), 'a');
  kept.keep('d', 'd', 4);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => kept.get(key)),
    ['a', undefined, 'c', 'd'],
  );
  kept.keep('c', 'larger', 6);
  assert.equal(kept.get('c'), undefined);
  kept.keep('e', 'e', 3);
  assert.deepEqual([kept.get('a'), kept.get('e')], ['a', 'e']);
});
