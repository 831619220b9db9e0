import { systemRandom } from '../../../kernel/random-source.ts';
import { jsonListContract } from '../json-list.contract.ts';
import { rowValuesContract } from '../row-values.contract.ts';
import { sqlDatabaseContract } from '../sql-database.contract.ts';
import type { SqlDatabase } from '../sql-database.ts';
import { statementsContract } from '../statements.contract.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { createTestDatabase } from './test-postgres.fixture.ts';

sqlDatabaseContract('PostgreSQL', openFresh);
jsonListContract('PostgreSQL', openFresh);
rowValuesContract('PostgreSQL', openFresh);
statementsContract('PostgreSQL', openFresh);

/** A database that is dropped when it is closed. */
async function openFresh(): Promise<SqlDatabase> {
  const fresh = await createTestDatabase();
  const database = await openPostgresDatabase({ url: fresh.url, poolSize: 10, random: systemRandom });
  return {
    ...database,
    async close() {
      await database.close();
      await fresh.drop();
    },
  };
}
