/** Gives a statement that comes again and again a name, under which each session keeps it parsed and planned. */
export interface StatementNames {
  of(sql: string): string | undefined;
}

// A session keeps what it has prepared: the bounds are for its memory. Lists and bulk inserts have a text per number of
// values, so a statement earns its name.
const usesBefore = 4;
const maxNamed = 400;
const maxText = 8_000;
const maxCounted = 2_000;

export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  const uses = new Map<string, number>();

  return {
    of(sql) {
      const known = names.get(sql);
      if (known !== undefined) return known;
      if (names.size >= maxNamed || sql.length > maxText) return undefined;
      const count = (uses.get(sql) ?? 0) + 1;
      if (count <= usesBefore) {
        if (uses.size >= maxCounted) uses.clear();
        uses.set(sql, count);
        return undefined;
      }
      uses.delete(sql);
      const name = `s${names.size + 1}`;
      names.set(sql, name);
      return name;
    },
  };
}
