import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeJson } from './describe-json.ts';

test('a JSON value is told in one line', () => {
  assert.equal(
    describeJson({ rows: 120, passed: true, columns: ['a', 'b'] }),
    'rows 120 · passed true · columns [a, b]',
  );
  assert.equal(describeJson({ arm: { rows: 3 }, none: {} }), 'arm {rows 3} · none –');
});

test('nothing is a dash, and long fractions are cut', () => {
  assert.equal(describeJson(null), '–');
  assert.equal(describeJson({}), '–');
  assert.equal(describeJson(1 / 3), '0.333333');
});
