import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../../kernel/clock.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../migrator.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { openSqliteDatabase } from './open-sqlite-database.ts';

/** A fresh database in memory with the whole schema: what store tests run on. */
export async function openMemoryDatabase(): Promise<SqlDatabase> {
  migrated ??= makeMigrated();
  return openSqliteDatabase({ path: ':memory:', image: await migrated });
}

// Every change of a schema makes SQLite read all of it, so migrating takes fifty times as long as taking up an image.
let migrated: Promise<Uint8Array> | undefined;

interface MigratedTables {
  sqlite_schema: { sql: string | null };
  migrations: { name: string; applied_at: number; digest: string | null };
}

/** The image of a database that has the statements by which a migrated one says it can be made, and its list of migrations. */
async function makeMigrated(): Promise<Uint8Array> {
  const database = openSqliteDatabase({ path: ':memory:' });
  await migrate(database, migrations, systemClock);
  const reads = database.query<MigratedTables>();
  const schema = await reads.selectFrom('sqlite_schema').select('sql').execute();
  const applied = await reads.selectFrom('migrations').selectAll().execute();
  await database.close();
  const copy = new DatabaseSync(':memory:');
  for (const { sql } of schema) if (sql !== null) copy.exec(sql);
  const insert = copy.prepare('insert into migrations (name, applied_at, digest) values (?, ?, ?)');
  for (const { name, applied_at, digest } of applied) insert.run(name, applied_at, digest);
  const image = copy.serialize();
  copy.close();
  return image;
}
