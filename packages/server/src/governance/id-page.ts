import { esteiraError } from '../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../kernel/paging.ts';

/** Where a page goes on: behind the row of this id. Empty for the first page. Throws INVALID_REQUEST for a foreign cursor. */
export function positionOf(cursor: string | undefined): { before?: string } {
  if (cursor === undefined) return {};
  const before = decodeCursor(cursor)?.[0];
  if (typeof before !== 'string')
    throw esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
  return { before };
}

/** A page of at most `limit` items out of rows read with a limit of one more, which tells whether there is a next page. */
export function toPage<R extends { readonly id: string }, T>(
  rows: readonly R[],
  limit: number,
  toItem: (row: R) => T,
): { items: T[]; nextCursor?: string } {
  const items = rows.slice(0, limit).map(toItem);
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: encodeCursor([last.id]) }
    : { items };
}
