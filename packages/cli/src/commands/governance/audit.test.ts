import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCheckpoint } from './audit.ts';

test('a checkpoint kept in a file gives size and root hash', () => {
  const hash = Buffer.alloc(32, 7);
  const note = `esteira.audit/1\n16\n${hash.toString('base64')}\n\n— esteira.audit/1 c2lnbmF0dXJl\n`;
  assert.deepEqual(parseCheckpoint(note), { size: 16, rootHash: hash.toString('hex') });
});

test('any other file is refused', () => {
  assert.throws(() => parseCheckpoint('hello'), /not a checkpoint/);
  assert.throws(() => parseCheckpoint('a\n16\nc2hvcnQ=\n'), /not a checkpoint/);
});
