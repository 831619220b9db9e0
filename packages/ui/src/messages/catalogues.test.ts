import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { en } from './en.ts';
import type { Message } from './message.ts';
import { ptBr } from './pt-br.ts';

const english: Readonly<Record<string, Message>> = en;
const portuguese: Readonly<Record<string, Message>> = ptBr;

test('every language has the same keys', () => {
  assert.deepEqual(Object.keys(portuguese).sort(), Object.keys(english).sort());
});

test('every language has the same placeholders in a message, and a plural where English has one', () => {
  for (const [key, message] of Object.entries(english)) {
    const translation = portuguese[key];
    assert.equal(typeof translation, typeof message, key);
    assert.deepEqual(placeholders(translation), placeholders(message), key);
  }
});

test('no message is empty', () => {
  for (const [key, message] of [...Object.entries(english), ...Object.entries(portuguese)]) {
    for (const text of forms(message)) assert.notEqual(text.trim(), '', key);
  }
});

test('every message is used: by its key, or by the beginning of a key that is completed', () => {
  const sources = globSync('**/*.{ts,tsx}', { cwd: `${import.meta.dirname}/..` })
    .filter((path) => !path.startsWith('messages/') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(`${import.meta.dirname}/../${path}`, 'utf8'))
    .join('\n');
  const beginnings = [...sources.matchAll(/`([a-zA-Z.]+\.)\$\{/g)].map((match) => match[1] ?? '');
  const unused = Object.keys(english).filter(
    (key) => !sources.includes(`'${key}'`) && !beginnings.some((beginning) => key.startsWith(beginning)),
  );
  assert.deepEqual(unused, []);
});

function placeholders(message: Message | undefined): readonly string[] {
  const found = forms(message).flatMap((text) =>
    [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''),
  );
  return [...new Set(found)].sort();
}

function forms(message: Message | undefined): readonly string[] {
  if (message === undefined) return [];
  return typeof message === 'string' ? [message] : [message.one, message.other];
}
