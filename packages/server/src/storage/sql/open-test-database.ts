import { after } from 'node:test';
import type { SqlDatabase } from './sql-database.ts';
import { openMemoryDatabase } from './sqlite/open-memory-database.ts';

const open = new Set<SqlDatabase>();

// An open session keeps the process alive, so a test that failed before it closed its database would never end.
after(async () => {
  for (const database of open) await database.close();
});

/**
 * A fresh database with the whole schema: what store tests run on. SQLite in memory, or, when the run is for PostgreSQL
 * (`scripts/run-tests.ts`), a database of its own on the server that the run was given.
 */
export async function openTestDatabase(): Promise<SqlDatabase> {
  if (process.env.ESTEIRA_TEST_ENGINE !== 'postgres') return openMemoryDatabase();
  const { openMigratedPostgres } = await import('./postgres/migrated-postgres.fixture.ts');
  const database = await openMigratedPostgres();
  open.add(database);
  return database;
}
