import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { migrations } from './index.ts';
import { dumpSchema } from './schema-dump.ts';

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

test('each step makes the statements it always made, and the schemas of both engines are those that are committed', async () => {
  const database = await openTestDatabase();
  const name = database.capabilities.manyWriters ? 'postgres' : 'sqlite';
  assert.equal(
    await dumpSchema(database, migrations),
    readDump(name),
    'run node scripts/dump-schema.ts after adding a migration; a released one never changes',
  );
  await database.close();
});

test('both engines have the same tables, columns, keys and indexes', () => {
  assert.deepEqual(withoutTypes(readDump('postgres')), withoutTypes(readDump('sqlite')));
});

function readDump(engine: string): string {
  return readFileSync(join(import.meta.dirname, `schema.${engine}.sql`), 'utf8');
}

function withoutTypes(dump: string): string[] {
  return dump
    .split('\n')
    .map((line) => line.replace(/^( {2}"\w+") (text collate "C"|text|bigint|integer|double precision)/, '$1'))
    .map((line) => line.replace(/ where .+;$/, conditionAlike))
    .filter((line) => !line.startsWith('--'));
}

/** PostgreSQL tells the condition of an index in words of its own. */
function conditionAlike(condition: string): string {
  return condition.replaceAll(/[()"]|::text/g, '').toLowerCase();
}
