import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortId } from './short-id.ts';

test('a generated id keeps its kind and its end', () => {
  assert.equal(shortId('dsv_01m7ynmznhxpawq3ejxa2vgg65'), 'dsv_…2vgg65');
});

test('a name stays as it is, however long', () => {
  assert.equal(shortId('flight-delays-with-a-very-long-name'), 'flight-delays-with-a-very-long-name');
  assert.equal(shortId('mv_1'), 'mv_1');
});
