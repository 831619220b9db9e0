import { type RawBuilder, sql } from 'kysely';

/** One key of an order. The expression is never null. */
export interface OrderedBy {
  readonly by: RawBuilder<unknown>;
  readonly direction: 'asc' | 'desc';
}

/**
 * For a `where`: rows behind the one with these values, where keys may go up and down in one order. All rows when no values
 * are given. An order whose keys all go up has `behindKey`, which an index serves better.
 */
export function behindOrder(
  order: readonly OrderedBy[],
  values: readonly (string | number)[] | undefined,
): RawBuilder<boolean> {
  if (values === undefined) return sql<boolean>`1 = 1`;
  const ways = order.map(({ by, direction }, index) => {
    const equal = order.slice(0, index).map((key, before) => sql`${key.by} = ${values[before]}`);
    const beyond = direction === 'asc' ? sql`${by} > ${values[index]}` : sql`${by} < ${values[index]}`;
    return sql`(${sql.join([...equal, beyond], sql` and `)})`;
  });
  return sql<boolean>`(${sql.join(ways, sql` or `)})`;
}

/** The same order for `order by`. */
export function inOrder(order: readonly OrderedBy[]): RawBuilder<unknown> {
  return sql.join(order.map(({ by, direction }) => sql`${by} ${sql.raw(direction)}`));
}
