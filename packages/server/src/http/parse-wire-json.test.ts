import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseWireJson } from './parse-wire-json.ts';

test('numbers that JSON has no word for come as the texts of proto3', () => {
  assert.deepEqual(
    parseWireJson('{"value":NaN,"list":[Infinity, -Infinity,1],"text":"NaN \\"NaN, -Infinity"}'),
    {
      value: 'NaN',
      list: ['Infinity', '-Infinity', 1],
      text: 'NaN "NaN, -Infinity',
    },
  );
});

test('what is no JSON besides is refused', () => {
  for (const text of [
    '',
    '{',
    '{"a":NaN',
    '{"a":nan}',
    '{"a":"NaN}',
    '{"a":NaNs}',
    '{"a":"NaN\\',
    '{a:Infinity}',
  ])
    assert.throws(() => parseWireJson(text), SyntaxError, text);
});

test('a long text with no end to its quotes is read through once', () => {
  const text = `{"a":NaN,"${'\\"'.repeat(2_000_000)}`;
  assert.throws(() => parseWireJson(text), SyntaxError);
});
