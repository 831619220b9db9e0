import type { SqlDatabase } from './sql-database.ts';
import { openMemoryDatabase } from './sqlite/open-memory-database.ts';

/**
 * A fresh database with the whole schema: what store tests run on. SQLite in memory, or, when the run is for PostgreSQL
 * (`scripts/run-tests.ts`), a database of its own on the server that the run was given.
 */
export async function openTestDatabase(): Promise<SqlDatabase> {
  if (process.env.ESTEIRA_TEST_ENGINE !== 'postgres') return openMemoryDatabase();
  const { openMigratedPostgres } = await import('./postgres/migrated-postgres.fixture.ts');
  return openMigratedPostgres();
}
