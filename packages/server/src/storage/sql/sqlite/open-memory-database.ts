import { systemClock } from '../../../kernel/clock.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../migrator.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { openSqliteDatabase } from './open-sqlite-database.ts';

/** A fresh database in memory with the whole schema: what store tests run on. */
export async function openMemoryDatabase(): Promise<SqlDatabase> {
  const database = openSqliteDatabase({ path: ':memory:' });
  await migrate(database, migrations, systemClock);
  return database;
}
