import { systemClock } from '../../../kernel/clock.ts';
import { openMigratedPostgres } from '../../sql/postgres/migrated-postgres.fixture.ts';
import { limitStoreContract } from '../limit-store.contract.ts';
import { createSqlLimitStore } from './sql-limit-store.ts';

limitStoreContract('PostgreSQL', async () => {
  const database = await openMigratedPostgres();
  return { ...createSqlLimitStore({ database, clock: systemClock }), close: () => database.close() };
});
