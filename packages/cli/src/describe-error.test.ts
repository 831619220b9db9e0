import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@esteira/sdk';
import { CommanderError } from 'commander';
import { usageError } from './command-error.ts';
import { describeError } from './describe-error.ts';

test('an answer of the server keeps its what, why, what to do and instance', () => {
  const problem = {
    code: 'DATASET_NOT_FOUND',
    what: 'There is no dataset x.',
    why: 'Wrong name.',
    todo: 'List them.',
    instance: 'err_1',
  };
  const { text, value, exitCode } = describeError(new ApiError(404, problem));
  assert.equal(text, 'There is no dataset x.\n  why: Wrong name.\n  do:  List them.\n  id:  err_1');
  assert.equal(value.error.code, 'DATASET_NOT_FOUND');
  assert.equal(exitCode, 1);
});

test('a verdict of a contract or a gate has an exit code of its own', () => {
  assert.equal(describeError(new ApiError(422, { code: 'DATASET_REFUSED' })).exitCode, 3);
  assert.equal(describeError(new ApiError(409, { code: 'POLICY_WEAKENED' })).exitCode, 3);
});

test('mistakes in the command line are told apart from failures', () => {
  assert.equal(describeError(usageError('no')).exitCode, 2);
  assert.equal(
    describeError(new CommanderError(1, 'commander.unknownOption', 'error: unknown option')).exitCode,
    2,
  );
  assert.equal(describeError(new Error('anything')).exitCode, 1);
});

test('a server that does not answer is named as such', () => {
  const { text, value } = describeError(new TypeError('fetch failed'));
  assert.match(text, /does not answer/);
  assert.equal(value.error.code, 'UNREACHABLE');
});

test('a certificate that is not trusted is told apart from a server that is away', () => {
  const failed = (code: string, message: string) =>
    describeError(new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) }));
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ]) {
    const { text, value } = failed(code, 'self-signed certificate');
    assert.equal(value.error.code, 'UNTRUSTED_CERTIFICATE', code);
    assert.match(text, /why: self-signed certificate/);
    assert.match(text, /NODE_EXTRA_CA_CERTS/);
  }
  assert.match(failed('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9').text, /why: connect ECONNREFUSED/);
});
