import { systemClock } from '../../../kernel/clock.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../migrator.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { createTestDatabase } from './test-postgres.fixture.ts';

/** One database with the whole schema, opened as often as there are processes to play; `drop` closes all of them. */
export async function createReplicatedPostgres(): Promise<{
  open(): Promise<SqlDatabase>;
  drop(): Promise<void>;
}> {
  const fresh = await createTestDatabase();
  const opened: SqlDatabase[] = [];
  const open = async (): Promise<SqlDatabase> => {
    const database = await openPostgresDatabase({ url: fresh.url, poolSize: 5, random: systemRandom });
    opened.push(database);
    return database;
  };
  await migrate(await open(), migrations, systemClock);
  return {
    open,
    async drop() {
      await Promise.all(opened.map((database) => database.close()));
      await fresh.drop();
    },
  };
}

/** A database with the whole schema that is dropped when it is closed: what store tests run on. */
export async function openMigratedPostgres(): Promise<SqlDatabase> {
  const { open, drop } = await createReplicatedPostgres();
  return { ...(await open()), close: drop };
}
