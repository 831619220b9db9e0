import { systemClock } from '../../../kernel/clock.ts';
import { openTestDatabase } from '../../sql/open-test-database.ts';
import { limitStoreContract } from '../limit-store.contract.ts';
import { createSqlLimitStore } from './sql-limit-store.ts';

limitStoreContract('SQLite', async () => {
  const database = await openTestDatabase();
  return { ...createSqlLimitStore({ database, clock: systemClock }), close: () => database.close() };
});
