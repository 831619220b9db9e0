import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '@esteira/contracts';
import { loadConfig } from './config.ts';
import { openDataDirectory } from './data-directory.ts';
import { systemClock } from './kernel/clock.ts';
import type { Environment } from './kernel/environment.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { systemRandom } from './kernel/random-source.ts';
import { migrations } from './migrations/index.ts';
import { migrate, type PendingMigration, pendingMigrations } from './storage/sql/migrator.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';
import { openSqliteDatabase } from './storage/sql/sqlite/open-sqlite-database.ts';

export interface SchemaReport {
  readonly engine: 'sqlite' | 'postgres';
  /** The steps that were due, in order: applied, or, in a dry run, still to be. */
  readonly migrations: readonly PendingMigration[];
}

/**
 * Brings the schema of an installation up to this release without starting a server; a dry run only tells what it would
 * do. Throws BAD_CONFIG, DATABASE_UNAVAILABLE, SCHEMA_TOO_NEW, SCHEMA_CHANGED, RESTORE_UNFINISHED, and STORAGE_BUSY where a
 * server runs on the data directory's own database.
 */
export async function migrateDatabase(options: {
  /** Keys of the configuration that the server runs with, as given on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  readonly dryRun: boolean;
}): Promise<SchemaReport> {
  const config = loadConfig(options);
  const engine = config.databaseUrl === undefined ? 'sqlite' : 'postgres';
  if (options.dryRun) {
    const database = await openForReading(config);
    try {
      return { engine, migrations: await pendingMigrations(database, migrations) };
    } finally {
      await database.close();
    }
  }
  const { database, release } = await openForWriting(config);
  try {
    const due = await pendingMigrations(database, migrations);
    const applied = new Set(await migrate(database, migrations, systemClock));
    // Another process may have applied some of them meanwhile.
    return { engine, migrations: due.filter(({ name }) => applied.has(name)) };
  } finally {
    await database.close();
    release();
  }
}

async function openForReading(config: Config): Promise<SqlDatabase> {
  if (config.databaseUrl !== undefined) return openPostgres(config.databaseUrl);
  const path = join(resolve(config.dataDir), 'esteira.db');
  // Opening a file makes it.
  return openSqliteDatabase({ path: existsSync(path) ? path : ':memory:' });
}

async function openForWriting(config: Config): Promise<{ database: SqlDatabase; release(): void }> {
  if (config.databaseUrl !== undefined) {
    return { database: await openPostgres(config.databaseUrl), release() {} };
  }
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const folder = openDataDirectory(config.dataDir, ids);
  const lock = acquireDataDirectoryLock(folder.path);
  return { database: openSqliteDatabase({ path: folder.database }), release: () => lock.release() };
}

async function openPostgres(url: string): Promise<SqlDatabase> {
  const { openPostgresDatabase } = await import('./storage/sql/postgres/open-postgres-database.ts');
  return openPostgresDatabase({ url, poolSize: 2, random: systemRandom });
}
