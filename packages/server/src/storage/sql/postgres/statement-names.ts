/** Gives a statement that comes again a name, under which each session keeps it parsed and planned. */
export interface StatementNames {
  of(sql: string): string | undefined;
}

// A session keeps what it has prepared: the bounds are for its memory. Bulk inserts have a text per number of rows.
const maxNamed = 400;
const maxText = 8_000;
const maxRemembered = 2_000;

export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  const seenOnce = new Set<string>();

  return {
    of(sql) {
      const known = names.get(sql);
      if (known !== undefined) return known;
      if (names.size >= maxNamed || sql.length > maxText) return undefined;
      if (!seenOnce.delete(sql)) {
        if (seenOnce.size >= maxRemembered) seenOnce.clear();
        seenOnce.add(sql);
        return undefined;
      }
      const name = `s${names.size + 1}`;
      names.set(sql, name);
      return name;
    },
  };
}
