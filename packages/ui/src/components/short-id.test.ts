import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortId } from './short-id.ts';

test('a generated id keeps its kind and its end', () => {
  assert.equal(shortId('dsv_01m7ynmznhxpawq3ejxa2vgg65'), 'dsv_…2vgg65');
});

test('an id of MLflow’s clients keeps its beginning', () => {
  assert.equal(shortId('01a2016ecc392affc40133317aa8d9e9'), '01a2016e…');
  assert.equal(shortId('m-a7d4b197b56c967cb1d36a3b1443ef13'), 'm-a7d4b197…');
});

test('a name stays as it is, however long', () => {
  assert.equal(shortId('flight-delays-with-a-very-long-name'), 'flight-delays-with-a-very-long-name');
  assert.equal(shortId('mv_1'), 'mv_1');
});
