import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EsteiraError } from '../../kernel/errors.ts';
import { storageError } from './storage-error.ts';

function told(properties: Readonly<Record<string, string>>): unknown {
  const thrown = Object.assign(new Error('as the system says it'), properties);
  const error = storageError(thrown);
  return error instanceof EsteiraError ? error.code : error === thrown;
}

test('a disk that is full is told apart from one that may not be written', () => {
  for (const code of ['ENOSPC', 'EFBIG', 'EDQUOT']) assert.equal(told({ code }), 'STORAGE_FULL');
  assert.equal(told({ code: 'EROFS' }), 'STORAGE_READ_ONLY');
  for (const code of ['EACCES', 'EPERM']) assert.equal(told({ code, path: '/data/x' }), 'STORAGE_READ_ONLY');
});

test('a connection that is refused and any other error stay what they are', () => {
  assert.equal(told({ code: 'EACCES', syscall: 'connect' }), true);
  assert.equal(told({ code: 'EIO', path: '/data/x' }), true);
  assert.equal(storageError('no error'), 'no error');
});
