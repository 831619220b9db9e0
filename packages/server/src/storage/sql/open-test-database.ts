import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlDatabase } from './sql-database.ts';
import { openMemoryDatabase } from './sqlite/open-memory-database.ts';

const open = new Set<SqlDatabase>();

// An open session keeps the process alive, so a test that failed before it closed its database would never end. Child
// processes of tests come by here too, and are no tests.
if (process.argv[1]?.endsWith('.test.ts')) {
  const { after } = await import('node:test');
  after(async () => {
    for (const database of open) await database.close();
  });
}

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

/**
 * Waits until every event that is committed can be read. Where several processes write, that takes until the transactions
 * that began before have ended, those of other tests on the same server included.
 */
export async function untilEventsSettled(database: SqlDatabase): Promise<void> {
  for (;;) {
    const waiting = await database
      .query<{ events: { position: number } }>()
      .selectFrom('events')
      .select('position')
      .where('position', '>=', database.settledPosition())
      .limit(1)
      .executeTakeFirst();
    if (waiting === undefined) return;
    await sleep(10);
  }
}
