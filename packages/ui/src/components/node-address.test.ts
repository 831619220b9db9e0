import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeAddress } from './node-address.ts';

test('a thing with a page has an address, with its id made safe for it', () => {
  assert.equal(nodeAddress({ kind: 'model-version', id: 'mv_1' }), '/model-versions/mv_1');
  assert.equal(nodeAddress({ kind: 'project', id: 'a/b?c' }), '/projects/a%2Fb%3Fc');
});

test('a thing without a page has none', () => {
  assert.equal(nodeAddress({ kind: 'source-file', id: 'lnd_1' }), undefined);
});
