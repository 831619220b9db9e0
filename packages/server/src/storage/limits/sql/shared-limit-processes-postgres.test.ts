import { test } from 'node:test';
import { systemClock } from '../../../kernel/clock.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { migrations } from '../../../migrations/index.ts';
import { migrate } from '../../sql/migrator.ts';
import { openPostgresDatabase } from '../../sql/postgres/open-postgres-database.ts';
import { createTestDatabase } from '../../sql/postgres/test-postgres.fixture.ts';
import { proveSharedLimit } from '../limit-processes.fixture.ts';

test('three processes share 500 a second through PostgreSQL, one of them killed', async () => {
  const fresh = await createTestDatabase();
  const database = await openPostgresDatabase({ url: fresh.url, poolSize: 2, random: systemRandom });
  await migrate(database, migrations, systemClock);
  await database.close();
  await proveSharedLimit('postgres', fresh.url);
  await fresh.drop();
});
