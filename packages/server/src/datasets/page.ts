import { esteiraError } from '../kernel/errors.ts';
import { decodeCursor, encodeCursor } from '../kernel/paging.ts';

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

/** The id behind which a page goes on. Throws INVALID_REQUEST for a cursor of another list. */
export function cursorId(page: PageRequest): string | undefined {
  if (page.cursor === undefined) return undefined;
  const [id] = decodeCursor(page.cursor) ?? [];
  if (typeof id !== 'string')
    throw esteiraError('INVALID_REQUEST', { problem: 'the cursor is not of this list' });
  return id;
}

/** A page out of rows that were read with a limit of one more, which tells whether another page follows. */
export function pageOfRows<R extends { readonly id: string }, T>(
  rows: readonly R[],
  page: PageRequest,
  toItem: (row: R) => T,
): Page<T> {
  const kept = rows.slice(0, page.limit);
  const last = kept.at(-1);
  const more = rows.length > page.limit && last !== undefined;
  return { items: kept.map(toItem), ...(more ? { nextCursor: encodeCursor([last.id]) } : {}) };
}
