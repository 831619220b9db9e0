import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../../messages/en.ts';
import { formatMessage } from '../../messages/message.ts';
import type { Say } from '../../messages/use-messages.tsx';
import { decisionText, decisionTone } from './decision-text.ts';

const t: Say = (key, ...values) => formatMessage('en', en[key], values[0]);

test('a skipped retraining names the guard that held it', () => {
  assert.equal(decisionText('skipped:cooldown', t), 'Skipped: too soon after the last');
});

test('a retraining without a decision is running', () => {
  assert.equal(decisionText(null, t), 'Running');
  assert.equal(decisionTone(null), 'busy');
});

test('only a better challenger is good news', () => {
  assert.equal(decisionTone('challenger-wins'), 'good');
  assert.equal(decisionTone('challenger-loses'), 'idle');
  assert.equal(decisionTone('failed'), 'bad');
});
