import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { esteira, runCommand } from '../../esteira-command.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'esteira-migrate-command-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly engine: string;
  readonly dryRun: boolean;
  readonly migrations: readonly { name: string; statements: readonly string[] }[];
}

async function migrate(...words: readonly string[]): Promise<Report> {
  const answer = await runCommand(esteira, ['--json', 'migrate', ...words], { environment: {} });
  assert.equal(answer.code, 0, answer.stderr);
  return JSON.parse(answer.stdout) as Report;
}

test('esteira migrate shows the SQL that is due and makes nothing, then makes it, then has nothing to do', async () => {
  const place = ['--data-dir', join(folder, 'house')];
  const due = await migrate('--dry-run', ...place);
  assert.equal(due.engine, 'sqlite');
  assert.equal(due.migrations[0]?.name, '0000-events');
  assert.match(due.migrations[0]?.statements[0] ?? '', /^create table "events" \(/);
  assert.equal(existsSync(join(folder, 'house')), false);

  const made = await migrate(...place);
  assert.deepEqual(made.migrations, due.migrations);
  assert.deepEqual((await migrate('--dry-run', ...place)).migrations, []);
  assert.deepEqual((await migrate(...place)).migrations, []);
});

test('esteira migrate prints what a database client takes', async () => {
  const answer = await runCommand(esteira, ['migrate', '--dry-run', '--data-dir', join(folder, 'other')], {
    environment: {},
  });
  assert.equal(answer.code, 0, answer.stderr);
  const database = new DatabaseSync(':memory:');
  database.exec(answer.stdout);
  const { tables } =
    database.prepare("select count(*) as tables from sqlite_schema where type = 'table'").get() ?? {};
  assert.ok(Number(tables) > 60, `${tables} tables`);
  database.close();
});

test('esteira migrate says what is wrong with the address of a database, without its password', async () => {
  const address = 'postgres://esteira:secret-word@127.0.0.1:1/house';
  const answer = await runCommand(esteira, ['migrate', '--dry-run', '--database-url', address], {
    environment: {},
  });
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /nothing listens at its address \(127\.0\.0\.1:1\)/);
  assert.doesNotMatch(answer.stdout + answer.stderr, /secret-word/);
});
