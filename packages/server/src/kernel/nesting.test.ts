import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNestedTooDeep } from './nesting.ts';

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = wrap(value);
  return value;
}

test('lists and objects count level by level, up to the last that is allowed', () => {
  for (const wrap of [(inner: unknown) => [0, inner], (inner: unknown) => ({ first: null, inner })]) {
    assert.equal(isNestedTooDeep(nested(200, wrap)), false);
    assert.equal(isNestedTooDeep(nested(201, wrap)), true);
    assert.equal(isNestedTooDeep(nested(200_000, wrap)), true);
  }
});

test('a value that contains itself is too deep', () => {
  const own: unknown[] = [];
  own.push(own);
  assert.equal(isNestedTooDeep(own), true);
});
