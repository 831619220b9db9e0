import { systemRandom } from '../../../kernel/random-source.ts';
import { sqlSnapshotContract } from '../sql-snapshot.contract.ts';
import { openPostgresDatabase } from './open-postgres-database.ts';
import { openPostgresSnapshot } from './open-postgres-snapshot.ts';
import { createTestDatabase } from './test-postgres.fixture.ts';

sqlSnapshotContract('PostgreSQL', async () => {
  const { url, drop } = await createTestDatabase();
  const database = await openPostgresDatabase({ url, poolSize: 3, random: systemRandom });
  const close = async (): Promise<void> => {
    await database.close();
    await drop();
  };
  return { database: { ...database, close }, openSnapshot: () => openPostgresSnapshot(url) };
});
