import { esteiraError } from './errors.ts';

/** What every list is asked for, and gives. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: T[];
  readonly nextCursor?: string;
}

type KeyPart = 'string' | 'number';
type KeyOf<Shape extends readonly KeyPart[]> = {
  readonly [Part in keyof Shape]: Shape[Part] extends 'string'
    ? string
    : Shape[Part] extends 'number'
      ? number
      : string | number;
};

/** The pages of one list, in the order of a key. */
export interface Pages<Row, Key> {
  /** The key of the row behind which a page goes on; undefined for the first. Throws INVALID_REQUEST for a cursor of no such list. */
  keyBehind(cursor: string | undefined): Key | undefined;
  /** A page of at most `limit` rows out of those read with a limit of one more, which tells whether another follows. */
  of<R extends Row>(rows: readonly R[], limit: number): Page<R>;
  of<R extends Row, T>(rows: readonly R[], limit: number, toItem: (row: R) => T): Page<T>;
}

/**
 * Pages of a list by a sort key of the given shape. Cursors carry the list's name, so that the cursor of one list is no place
 * in another; to clients they are opaque.
 */
export function pagesByKey<Row, const Shape extends readonly KeyPart[]>(
  list: string,
  shape: Shape,
  keyOf: (row: Row) => KeyOf<Shape>,
): Pages<Row, KeyOf<Shape>> {
  return {
    keyBehind(cursor) {
      if (cursor === undefined) return undefined;
      const [name, ...key] = decode(cursor);
      const fits = key.length === shape.length && key.every((part, index) => typeof part === shape[index]);
      if (name !== list || !fits)
        throw esteiraError('INVALID_REQUEST', { problem: 'query.cursor: not a cursor of this list' });
      return key as unknown as KeyOf<Shape>;
    },
    of<R extends Row, T>(rows: readonly R[], limit: number, toItem?: (row: R) => T) {
      const kept = rows.slice(0, limit);
      const last = kept.at(-1);
      const items = toItem === undefined ? kept : kept.map(toItem);
      if (rows.length <= limit || last === undefined) return { items };
      return { items, nextCursor: encode([list, ...keyOf(last)]) };
    },
  };
}

/** Pages of a list whose ids sort by time, newest first: `before` is the id below which a page begins. */
export function pagesById(list: string) {
  const pages = pagesByKey(list, ['string'], (row: { readonly id: string }) => [row.id] as const);
  return {
    of: pages.of,
    before(cursor: string | undefined): { readonly before?: string } {
      const key = pages.keyBehind(cursor);
      return key === undefined ? {} : { before: key[0] };
    },
  };
}

/** Pages of a list by name: `after` is the name behind which a page begins. */
export function pagesByName(list: string) {
  const pages = pagesByKey(list, ['string'], (row: { readonly name: string }) => [row.name] as const);
  return {
    of: pages.of,
    after(cursor: string | undefined): { readonly after?: string } {
      const key = pages.keyBehind(cursor);
      return key === undefined ? {} : { after: key[0] };
    },
  };
}

function encode(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Nothing when the cursor was made by nobody. */
function decode(cursor: string): readonly unknown[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(key) ? key : [];
  } catch {
    return [];
  }
}
