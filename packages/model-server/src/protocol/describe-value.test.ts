import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeValue } from './describe-value.ts';

it('any value of a document is shown in few characters', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const shown: readonly (readonly [unknown, string])[] = [
    [undefined, 'nothing'],
    [null, 'null'],
    [-1.5, '-1.5'],
    [9007199254740993n, '9007199254740993'],
    ['x\n', '"x\\n"'],
    ['x'.repeat(1_000), `"${'x'.repeat(39)}`],
    [deep, 'a list'],
    [[1n], 'a list'],
    [JSON.parse('{"toString":1,"valueOf":1}'), 'an object'],
  ];
  for (const [value, words] of shown) assert.equal(describeValue(value), words);
});
