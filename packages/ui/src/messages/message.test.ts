import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMessage } from './message.ts';

test('a placeholder is filled, with numbers in the manner of the language', () => {
  assert.equal(
    formatMessage('en', '{rows} rows of {name}', { rows: 12_345, name: 'flights' }),
    '12,345 rows of flights',
  );
  assert.equal(formatMessage('pt-BR', '{rows} linhas', { rows: 12_345 }), '12.345 linhas');
});

test('a placeholder without a value stays visible', () => {
  assert.equal(formatMessage('en', 'by {who}', {}), 'by {who}');
});

test('a plural follows the rule of the language for the count', () => {
  const message = { one: '{count} run', other: '{count} runs' };
  assert.equal(formatMessage('en', message, { count: 1 }), '1 run');
  assert.equal(formatMessage('en', message, { count: 0 }), '0 runs');
  assert.equal(
    formatMessage('pt-BR', { one: '{count} execução', other: '{count} execuções' }, { count: 0 }),
    '0 execução',
  );
});

test('a value that looks like a placeholder is not filled again', () => {
  assert.equal(formatMessage('en', '{a} {b}', { a: '{b}', b: 'x' }), '{b} x');
});
