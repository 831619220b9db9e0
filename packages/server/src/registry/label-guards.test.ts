import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { guardsOver } from './label-guards.ts';

function isProtected(pattern: string, model: string, alias: string): boolean {
  return guardsOver(model, [{ kind: 'alias', name: alias, versions: [] }], [], [pattern]).length > 0;
}

test('a star stands for any part of a name, an empty one too, and for nothing beside the ends', () => {
  for (const [pattern, covered] of [
    ['fraud@live', true],
    ['*@*', true],
    ['fr*@live', true],
    ['*ud@l*e', true],
    ['fraud*@live', true],
    ['*fraud*@*live*', true],
    ['fraud@', false],
    ['raud@live', false],
    ['fraud@liv', false],
    ['fr*raud@live', false],
    ['*ve@live', false],
    ['fraud@*livelive', false],
  ] as const) {
    assert.equal(isProtected(pattern, 'fraud', 'live'), covered, pattern);
  }
});

test('patterns say what the regular expression with `.*` for a star says', () => {
  const word = fc.stringMatching(/^[ab]{1,6}$/);
  const part = fc.stringMatching(/^[ab*]{1,5}$/);
  fc.assert(
    fc.property(part, part, word, word, (model, alias, ...[name, label]) => {
      const pattern = `${model}@${alias}`;
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(`${name}@${label}`);
      assert.equal(isProtected(pattern, name, label), expected);
    }),
  );
});

test('a pattern of many stars is judged as soon as any other', () => {
  const pattern = `${'*a'.repeat(120)}b@live`;
  assert.equal(isProtected(pattern, 'a'.repeat(256), 'live'), false);
});
