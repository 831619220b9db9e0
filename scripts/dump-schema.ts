import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../packages/server/src/kernel/clock.ts';
import { systemRandom } from '../packages/server/src/kernel/random-source.ts';
import { migrations } from '../packages/server/src/migrations/index.ts';
import { dumpSchema } from '../packages/server/src/migrations/schema-dump.ts';
import { migrate } from '../packages/server/src/storage/sql/migrator.ts';
import { openPostgresDatabase } from '../packages/server/src/storage/sql/postgres/open-postgres-database.ts';
import { startPostgres } from '../packages/server/src/storage/sql/postgres/start-postgres.fixture.ts';
import type { SqlDatabase } from '../packages/server/src/storage/sql/sql-database.ts';
import { openSqliteDatabase } from '../packages/server/src/storage/sql/sqlite/open-sqlite-database.ts';

/** Writes the schema of each engine as its migrations make it. Needs the programs of a PostgreSQL server. */
const folder = resolve(import.meta.dirname, '../packages/server/src/migrations');
await write('schema.sqlite.sql', openSqliteDatabase({ path: ':memory:' }));
const server = await startPostgres();
try {
  await write(
    'schema.postgres.sql',
    await openPostgresDatabase({ url: server.url, poolSize: 2, random: systemRandom }),
  );
} finally {
  await server.stop();
}

async function write(name: string, database: SqlDatabase): Promise<void> {
  await migrate(database, migrations, systemClock);
  const path = resolve(folder, name);
  const text = await dumpSchema(database, migrations);
  await database.close();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text);
  console.log(`wrote ${name}`);
}
