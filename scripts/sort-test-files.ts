import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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

const storeFixture = 'packages/server/src/storage/sql/open-test-database.ts';
const postgresFixture = 'packages/server/src/storage/sql/postgres/test-postgres.fixture.ts';
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

function reachedFrom(file: string, importsOf: (file: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set([file]);
  // A set is walked in the order of adding, what is added on the way included.
  for (const next of seen) for (const imported of importsOf(next)) seen.add(imported);
  return seen;
}

/** Files that other packages reach by name. */
const doors: Readonly<Record<string, string>> = { '@esteira/server/test-postgres': postgresFixture };

/** Reads what a file imports as it is loaded; what it may import later does not count. */
function createImportReader(): (file: string) => readonly string[] {
  const known = new Map<string, readonly string[]>();
  return (file) => {
    const read = known.get(file) ?? readImports(file);
    known.set(file, read);
    return read;
  };
}

function readImports(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const matches = readFileSync(file, 'utf8').matchAll(
    /(?:from|^import) '(\.[^']+\.ts|@esteira\/server\/[^']+)'/gm,
  );
  return [...matches].map(([, name = '']) =>
    name.startsWith('.') ? join(dirname(file), name) : (doors[name] ?? ''),
  );
}
