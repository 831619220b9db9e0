import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ErrorEntry } from './errors/error-table.ts';
import { errorTable } from './errors.ts';

const entries: readonly (readonly [string, ErrorEntry])[] = Object.entries(errorTable);

test('every code is in capitals and stands in one room’s table alone', () => {
  for (const [code] of entries) assert.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
  const folder = join(import.meta.dirname, 'errors');
  const written = globSync('*-errors.ts', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/^ {2}([A-Z0-9_]+): \{$/gm)].map(
      ([, code]) => code,
    ),
  );
  assert.deepEqual(written.sort(), entries.map(([code]) => code).sort());
});

test('every status is one of an error', () => {
  for (const [code, { status }] of entries)
    assert.ok(Number.isInteger(status) && status >= 400 && status <= 599, code);
});

test('what, why and what to do are sentences', () => {
  for (const [code, { what, why, todo }] of entries) {
    for (const text of [what, why, todo])
      assert.match(text, /^[A-Z{"].*(\.|\n\{problems\})$/s, `${code}: ${text}`);
  }
});

test('placeholders are names, and nothing else stands in braces', () => {
  for (const [code, { what, why, todo }] of entries) {
    const text = `${what} ${why} ${todo}`;
    const named = [...text.matchAll(/\{[a-z][A-Za-z]*\}/g)].length;
    assert.equal([...text.matchAll(/[{}]/g)].length, named * 2, code);
  }
});

test('a text without credentials tells nothing of the inside', () => {
  const internal: ErrorEntry = errorTable.INTERNAL;
  for (const text of [internal.what, internal.why, internal.todo]) assert.doesNotMatch(text, /\{/);
});
