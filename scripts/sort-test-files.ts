import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface SortedTestFiles {
  /** Run without any engine beside them. */
  readonly plain: readonly string[];
  /** Use a store, and so are run on every SQL engine. */
  readonly stores: readonly string[];
  /** Need a PostgreSQL server whatever the run is for. */
  readonly postgres: readonly string[];
}

const storeFixture = 'packages/server/src/storage/sql/open-test-database.ts';
const postgresFixture = 'packages/server/src/storage/sql/postgres/test-postgres.fixture.ts';

/** Sorts test files, by what they and the files they import open, into those of each run. Files of stores are in `plain` too. */
export function sortTestFiles(files: readonly string[]): SortedTestFiles {
  const imports = createImportReader();
  const postgres = files.filter((file) => reaches(file, postgresFixture, imports));
  const needy = new Set(postgres);
  const plain = files.filter((file) => !needy.has(file));
  return { plain, stores: plain.filter((file) => reaches(file, storeFixture, imports)), postgres };
}

function reaches(from: string, target: string, importsOf: (file: string) => readonly string[]): boolean {
  const seen = new Set([from]);
  const waiting = [from];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (file === target) return true;
    for (const next of importsOf(file)) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return false;
}

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
  const matches = readFileSync(file, 'utf8').matchAll(/(?:from|^import) '(\.[^']+\.ts)'/gm);
  return [...matches].map(([, path = '']) => join(dirname(file), path));
}
