import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBrowser } from './find-browser.ts';

test('a browser that is named is taken', () => {
  assert.equal(findBrowser({ ESTEIRA_CHROMIUM: process.execPath }), process.execPath);
});

test('a named browser that is not there is an error that says what to do', () => {
  assert.throws(() => findBrowser({ ESTEIRA_CHROMIUM: '/nowhere/chromium' }), /does not exist\. Install one/);
});
