import type { SourceDatabase, SourceRow } from './source-database.ts';

/** Rows of a table by the thing that each belongs to. */
export async function rowsOf(
  database: SourceDatabase,
  columns: string,
  table: string,
  owner: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly SourceRow[]>> {
  const rows = await database.rows(
    `select ${owner} as owner, ${columns} from ${table} where ${owner} in (${marks(ids)})`,
    ids,
  );
  return Map.groupBy(rows, ({ owner: id }) => String(id));
}

/** Of no ids one that none has: a list in SQL is never empty. */
export function marks(ids: readonly string[]): string {
  return ids.length === 0 ? "''" : ids.map(() => '?').join(', ');
}

/** Rows of names with their values. */
export function pairsIn(
  rows: readonly SourceRow[] | undefined,
): readonly { readonly key: string; readonly value: string }[] {
  return (rows ?? []).map(({ key, value }) => ({ key: String(key), value: String(value ?? '') }));
}
