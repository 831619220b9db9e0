import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@esteira/sdk';
import { en } from '../messages/en.ts';
import { formatMessage } from '../messages/message.ts';
import type { Say } from '../messages/use-messages.tsx';
import { problemOf } from './problem.ts';

const t: Say = (key, ...values) => formatMessage('en', en[key], values[0]);

test('an answer of the server keeps its words, its code and its instance', () => {
  const error = new ApiError(403, {
    code: 'FORBIDDEN',
    what: 'You may not do this.',
    why: 'The role viewer lacks changes:approve.',
    todo: 'Ask an approver.',
    instance: 'req_1',
  });
  assert.deepEqual(problemOf(error, t), {
    what: 'You may not do this.',
    why: 'The role viewer lacks changes:approve.',
    todo: 'Ask an approver.',
    code: 'FORBIDDEN',
    instance: 'req_1',
  });
});

test('a server that does not answer is said to be away', () => {
  assert.match(problemOf(new TypeError('Failed to fetch'), t).what, /does not answer/);
});

test('an answer of another version is said to be so', () => {
  const error = new Error('[]');
  error.name = 'ZodError';
  assert.match(problemOf(error, t).why, /different versions/);
});

test('anything else is told as it is', () => {
  assert.equal(problemOf(new Error('boom'), t).why, 'boom');
  assert.equal(problemOf('boom', t).why, 'boom');
});
