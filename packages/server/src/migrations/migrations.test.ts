import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrations } from './index.ts';

const files = readdirSync(import.meta.dirname)
  .filter((name) => /^\d{4}-.*\.ts$/.test(name))
  .map((name) => name.replace('.ts', ''))
  .sort();

test('every migration file is in the list, in the order of its number', () => {
  assert.deepEqual(
    migrations.map(({ name }) => name),
    files,
  );
});

test('every migration has its line in MIGRATIONS.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../MIGRATIONS.md'), 'utf8');
  for (const name of files) assert.match(text, new RegExp(`\\| ${name} +\\|`), name);
});
