import { createImportReader, postgresFixture, reachedFrom } from './imported-files.ts';

interface SortedTestFiles {
  /** Run without any engine beside them. */
  readonly plain: readonly string[];
  /** Use a store, and so are run on every SQL engine. */
  readonly stores: readonly string[];
  /** Need a PostgreSQL server whatever the run is for. */
  readonly postgres: readonly string[];
  /** Need a Redis server, most of them one of their own to stop. */
  readonly redis: readonly string[];
  /** Start a PostgreSQL server of their own, to stop it. */
  readonly ownPostgres: readonly string[];
}

export const storeFixture = 'packages/server/src/storage/sql/open-test-database.ts';
const redisFixture = 'packages/server/src/storage/redis/redis-server.fixture.ts';
const ownPostgresFixture = 'packages/server/src/storage/sql/postgres/start-postgres.fixture.ts';

/** Sorts test files, by what they and the files they import open, into those of each run. Files of stores are in `plain` or `redis` too. */
export function sortTestFiles(files: readonly string[]): SortedTestFiles {
  const importsOf = createImportReader();
  const sorted = {
    plain: [] as string[],
    stores: [] as string[],
    postgres: [] as string[],
    redis: [] as string[],
    ownPostgres: [] as string[],
  };
  for (const file of files) {
    const reached = reachedFrom(file, importsOf);
    if (reached.has(ownPostgresFixture)) sorted.ownPostgres.push(file);
    else if (reached.has(postgresFixture)) sorted.postgres.push(file);
    else if (reached.has(redisFixture)) sorted.redis.push(file);
    else sorted.plain.push(file);
    const onSqlite = sorted.plain.at(-1) === file || sorted.redis.at(-1) === file;
    if (reached.has(storeFixture) && onSqlite) sorted.stores.push(file);
  }
  return sorted;
}
