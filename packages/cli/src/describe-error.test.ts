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
