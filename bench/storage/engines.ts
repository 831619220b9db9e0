import { fdatasync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { migrations } from '../../packages/server/src/migrations/index.ts';
import { migrate } from '../../packages/server/src/storage/sql/migrator.ts';
import { openPostgresDatabase } from '../../packages/server/src/storage/sql/postgres/open-postgres-database.ts';
import type { SqlDatabase } from '../../packages/server/src/storage/sql/sql-database.ts';
import { createLogFlusher } from '../../packages/server/src/storage/sql/sqlite/log-flusher.ts';
import { openSqliteDatabase } from '../../packages/server/src/storage/sql/sqlite/open-sqlite-database.ts';

/** A durable engine with the whole schema, empty. */
export interface Engine {
  readonly name: 'SQLite' | 'PostgreSQL';
  readonly database: SqlDatabase;
  /**
   * Times the log was forced to disk so far. PostgreSQL counts them itself; for SQLite these are those that commits waited
   * for (checkpoints, one for some thousand pages, are not in it).
   */
  syncs(): Promise<number>;
  close(): Promise<void>;
}

const syncData = promisify(fdatasync);

/** SQLite in a file. Commits are shared by the transactions of one turn of the event loop, waits for the disk by commits. */
export async function openSqliteEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'esteira-bench-'));
  const path = join(folder, 'esteira.db');
  let syncs = 0;
  const flusher = createLogFlusher(path, (file) => {
    syncs++;
    return syncData(file);
  });
  const database = openSqliteDatabase({ path, flusher });
  await migrate(database, migrations, systemClock);
  return {
    name: 'SQLite',
    database,
    syncs: async () => syncs,
    async close() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * A new database on the server of `url`, dropped on close. Throws when the server does not force its log to disk: figures
 * without that say nothing.
 */
export async function openPostgresEngine(url: string): Promise<Engine> {
  const server = await open(url);
  for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    const { rows } = await sql<Record<string, string>>`show ${sql.raw(setting)}`.execute(server.query());
    if (Object.values(rows[0] ?? {})[0] !== 'on') throw new Error(`PostgreSQL runs with ${setting} off.`);
  }
  const name = `esteira_bench_${Buffer.from(systemRandom.bytes(6)).toString('hex')}`;
  const administration = await administer(url);
  await administration(
    `create database ${name} template template0 lc_collate 'C' lc_ctype 'C' encoding 'UTF8'`,
  );
  const database = await open(withDatabase(url, name));
  await migrate(database, migrations, systemClock);
  return {
    name: 'PostgreSQL',
    database,
    async syncs() {
      const { rows } = await sql<{ syncs: number }>`select wal_sync as syncs from pg_stat_wal`.execute(
        server.query(),
      );
      return Number(rows[0]?.syncs);
    },
    async close() {
      await database.close();
      await server.close();
      await administration(`drop database ${name} with (force)`);
    },
  };
}

function open(url: string): Promise<SqlDatabase> {
  return openPostgresDatabase({ url, poolSize: 10, random: systemRandom });
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** Runs statements that may stand in no transaction. */
async function administer(url: string): Promise<(statement: string) => Promise<void>> {
  const { Client } = (await import('pg')).default;
  return async (statement) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
}
