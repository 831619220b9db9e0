import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { sql } from 'kysely';
import { jsonListContract } from '../json-list.contract.ts';
import { rowValuesContract } from '../row-values.contract.ts';
import { sqlDatabaseContract } from '../sql-database.contract.ts';
import { statementsContract } from '../statements.contract.ts';
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
jsonListContract('SQLite', async () => openSqliteDatabase({ path: freshPath() }));
rowValuesContract('SQLite in memory', async () => openSqliteDatabase({ path: ':memory:' }));
rowValuesContract('SQLite in a file', async () => openSqliteDatabase({ path: freshPath() }));
statementsContract('SQLite', async () => openSqliteDatabase({ path: freshPath() }));

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

  it('tells of a transaction when its commit is on the disk, and of a lazy one before', async () => {
    const disk = createSlowDisk();
    const database = openSqliteDatabase({ path: freshPath(), flusher: disk });
    const told: string[] = [];
    const write = async (name: string, durability: 'lazy' | 'synced') => {
      await database.transaction((tx) => sql`select 1`.execute(tx.query()), { durability });
      told.push(name);
    };
    const [first, lazy] = [write('first', 'synced'), write('lazy', 'lazy')];
    await lazy;
    const [second, third] = [write('second', 'synced'), write('third', 'synced')];
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(told, ['lazy']);
    disk.end();
    await first;
    assert.deepEqual(told, ['lazy', 'first']);
    disk.end();
    await Promise.all([second, third]);
    assert.equal(disk.flushes(), 2);
    await database.close();
  });

  it('takes no more once the disk did not take what was written', async () => {
    const path = freshPath();
    const disk = createSlowDisk();
    const database = openSqliteDatabase({ path, flusher: disk });
    const write = () => database.transaction((tx) => sql`select 1`.execute(tx.query()));
    const [first, second] = [write(), write()];
    const refused = Promise.all(
      [first, second].map((each) => assert.rejects(each, { code: 'DATABASE_UNAVAILABLE' })),
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    disk.end(new Error('EIO'));
    await refused;
    await assert.rejects(write(), { code: 'DATABASE_UNAVAILABLE' });
    await database.close();
    const again = openSqliteDatabase({ path });
    await again.transaction((tx) => sql`select 1`.execute(tx.query()));
    await again.close();
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

/** A disk that is waited for until the test says that it is done. */
function createSlowDisk() {
  const waiting: { resolve(): void; reject(error: Error): void }[] = [];
  let flushes = 0;
  return {
    flush() {
      flushes++;
      return new Promise<void>((resolve, reject) => {
        waiting.push({ resolve, reject });
      });
    },
    flushes: () => flushes,
    end(error?: Error) {
      const flush = waiting.shift();
      if (error === undefined) flush?.resolve();
      else flush?.reject(error);
    },
    close() {},
  };
}
