import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compileLike, compilePattern, PatternRefused } from './linear-pattern.ts';

for (const [pattern, matching, other] of [
  ['^a.c$', 'abc', 'xabc'],
  ['b+', 'abbc', 'ac'],
  ['^(?:ab|cd){2}$', 'abcd', 'abcdab'],
  ['[^0-9]x', 'ax', '1x'],
  ['\\bword\\b', 'a word.', 'swords'],
  ['^\\d{2,3}$', '123', '1234'],
  ['(?i)straße', 'STRAßE', 'strasse'],
  ['[a-c\\]]$', 'x]', 'xd'],
  ['a|^$', '', 'b'],
  ['^.$', '😀', '😀😀'],
  ['\\.', 'a.b', 'ab'],
] as const)
  test(`${pattern} finds ${matching} and not ${other}`, () => {
    const search = compilePattern(pattern);
    assert.equal(search(matching), true);
    assert.equal(search(other), false);
  });

for (const bad of [
  '(',
  ')',
  '[a',
  '*',
  'a{3,2}',
  '(a)\\1',
  '(?=a)',
  'a\\',
  '(a{1000}){1000}',
  'a'.repeat(1001),
])
  test(`refused: ${bad.slice(0, 20)}`, () => {
    assert.throws(() => compilePattern(bad), PatternRefused);
  });

test('a pattern finds what the engine of the language finds', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    'a*',
    'b+',
    '(a|b)',
    '[ab]',
    '[^a]',
    'a?',
    '(?:ab){1,2}',
    '^',
    '$',
    '\\b',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n'), maxLength: 12 }),
      (pieces, text) => {
        const pattern = pieces.join('');
        assert.equal(
          compilePattern(pattern)(text),
          new RegExp(pattern, 'u').test(text),
          `${pattern} in ${text}`,
        );
      },
    ),
  );
});

test('a pattern that takes others years takes a moment', () => {
  assert.equal(compilePattern('^(a+)+$')(`${'a'.repeat(5000)}b`), false);
});

test('a pattern of LIKE matches the whole of a text', () => {
  assert.equal(compileLike('%b_d', false)('abcd'), true);
  assert.equal(compileLike('b_d', false)('abcd'), false);
  assert.equal(compileLike('A%', true)('abc\ndef'), true);
  assert.equal(compileLike('a.c', false)('abc'), false);
});
