import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, duration, number, percent, plain, shortDigest, time } from './number-text.ts';

test('numbers are written for people', () => {
  assert.equal(number(1234567), '1,234,567');
  assert.equal(number(0.123456), '0.1235');
  assert.equal(number(null), '-');
  assert.equal(number('NaN'), 'NaN');
  assert.equal(percent(0.25), '25 %');
  assert.equal(bytes(999), '999 B');
  assert.equal(bytes(4_200_000), '4.2 MB');
});

test('times are UTC, and lengths of time have the unit that fits', () => {
  assert.equal(time(0), '1970-01-01 00:00:00');
  assert.equal(time(undefined), '-');
  assert.equal(duration(400), '0.4 s');
  assert.equal(duration(125_000), '2 min 5 s');
  assert.equal(duration(11_520_000), '3 h 12 min');
});

test('digests are cut and texts are bare', () => {
  assert.equal(shortDigest(`sha256:${'ab'.repeat(32)}`), 'abababababab');
  assert.equal(plain('text'), 'text');
  assert.equal(plain({ a: 1 }), '{"a":1}');
  assert.equal(plain(undefined), 'null');
});
