import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const postgresFixture = 'packages/server/src/storage/sql/postgres/test-postgres.fixture.ts';

/** Files that other packages reach by name. */
const doors: Readonly<Record<string, string>> = { '@esteira/server/test-postgres': postgresFixture };

/** A file with all that it imports as it is loaded, and what that imports; paths are from the root, as `file` is. */
export function reachedFrom(
  file: string,
  importsOf: (file: string) => readonly string[],
): ReadonlySet<string> {
  const seen = new Set([file]);
  // A set is walked in the order of adding, what is added on the way included.
  for (const next of seen) for (const imported of importsOf(next)) seen.add(imported);
  return seen;
}

/** Reads what a file imports as it is loaded; what it may import later does not count. */
export function createImportReader(): (file: string) => readonly string[] {
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
