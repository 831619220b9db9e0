import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sql } from 'kysely';
import { sqlDatabaseContract } from '../sql-database.contract.ts';
import { openSqliteDatabase } from './open-sqlite-database.ts';

const root = mkdtempSync(join(tmpdir(), 'esteira-sqlite-'));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

function freshPath(): string {
  made++;
  return join(root, `${made}.db`);
}

sqlDatabaseContract('SQLite in memory', async () => openSqliteDatabase({ path: ':memory:' }));
sqlDatabaseContract('SQLite in a file', async () => openSqliteDatabase({ path: freshPath() }));

interface Tables {
  notes: { id: number; text: string };
}

describe('a SQLite file', () => {
  it('is readable by its owner alone, with its companions', async () => {
    const path = freshPath();
    const database = openSqliteDatabase({ path });
    await database.transaction(async (tx) => {
      await tx.query<Tables>().schema.createTable('notes').addColumn('id', 'integer').execute();
    });
    for (const name of [path, `${path}-wal`, `${path}-shm`]) assert.equal(statSync(name).mode & 0o777, 0o600);
    await database.close();
  });

  it('waits for the disk in every commit that is not of lazy transactions alone', async () => {
    const database = openSqliteDatabase({ path: freshPath() });
    const level = (durability: 'lazy' | 'synced') =>
      database.transaction(
        async (tx) => {
          const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(tx.query());
          return rows[0]?.synchronous;
        },
        { durability },
      );
    // https://sqlite.org/pragma.html#pragma_synchronous
    const [normal, full] = [1, 2];
    assert.equal(await level('synced'), full);
    assert.equal(await level('lazy'), normal);
    assert.deepEqual(await Promise.all([level('lazy'), level('synced'), level('lazy')]), [full, full, full]);
    assert.deepEqual(await Promise.all([level('lazy'), level('lazy')]), [normal, normal]);
    assert.equal(await level('synced'), full);
    await database.close();
  });

  it('keeps committed rows when the process is killed right after', async () => {
    const path = freshPath();
    const child = spawnSync(process.execPath, [join(import.meta.dirname, 'crash.child.ts'), path], {
      encoding: 'utf8',
    });
    assert.equal(child.signal, 'SIGKILL', child.stderr);
    const database = openSqliteDatabase({ path });
    const rows = await database.query<Tables>().selectFrom('notes').select('id').orderBy('id').execute();
    assert.deepEqual(
      rows.map((row) => row.id),
      [1, 2, 3],
    );
    await database.close();
  });

  it('answers STORAGE_FULL when no more can be written, keeps what was committed, and takes back the rest', async () => {
    const path = freshPath();
    const command = `ulimit -f 256; exec "$0" "$1" "$2"`;
    const child = spawnSync(
      'bash',
      ['-c', command, process.execPath, join(import.meta.dirname, 'disk-full.child.ts'), path],
      { encoding: 'utf8' },
    );
    const report = JSON.parse(child.stdout) as { code: string; committed: number };
    assert.equal(report.code, 'STORAGE_FULL', child.stderr);
    assert.ok(report.committed > 0);
    const database = openSqliteDatabase({ path });
    const rows = await database.query<Tables>().selectFrom('notes').select('id').execute();
    assert.equal(rows.length, report.committed);
    await database.close();
  });
});
