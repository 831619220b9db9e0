import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLanguage } from './languages.ts';

test('the language chosen last beats those of the browser', () => {
  assert.equal(chooseLanguage(['pt-BR', 'en-US']), 'pt-BR');
  assert.equal(chooseLanguage([null, 'en-GB', 'pt']), 'en');
});

test('any Portuguese is served in Brazilian Portuguese, anything unknown in English', () => {
  assert.equal(chooseLanguage([null, 'pt-PT']), 'pt-BR');
  assert.equal(chooseLanguage([null, 'ja', 'de-AT']), 'en');
  assert.equal(chooseLanguage([]), 'en');
});
