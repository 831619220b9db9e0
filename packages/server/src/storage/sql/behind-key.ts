import { type RawBuilder, sql } from 'kysely';

/**
 * For a `where`: rows behind the one with these values, in the order of the columns. All rows when no values are given.
 * Row values (SQL-92) let an engine seek in an index over the columns.
 */
export function behindKey(
  columns: readonly string[],
  values: readonly (string | number)[] | undefined,
): RawBuilder<boolean> {
  if (values === undefined) return sql<boolean>`1 = 1`;
  return sql<boolean>`(${sql.join(columns.map((column) => sql.ref(column)))}) > (${sql.join(values.map((value) => sql.val(value)))})`;
}
