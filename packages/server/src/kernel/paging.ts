/** Encodes the sort key of the last row of a page. Opaque to clients, so that it may change. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** Decodes a cursor; undefined when it was not made by `encodeCursor`. */
export function decodeCursor(cursor: string): readonly (string | number)[] | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(key)) return undefined;
    return key.every((part) => typeof part === 'string' || typeof part === 'number') ? key : undefined;
  } catch {
    return undefined;
  }
}

/** A page of things whose ids sort by creation time, newest first. `nextCursor` is there while more may follow. */
export function pageById<T extends { readonly id: string }>(
  items: readonly T[],
  limit: number,
): { items: T[]; nextCursor?: string } {
  const last = items.at(-1);
  return {
    items: [...items],
    ...(last && items.length === limit ? { nextCursor: encodeCursor([last.id]) } : {}),
  };
}

/** The id a page begins below; undefined for the first page and for a cursor nobody gave out. */
export function idBefore(cursor: string | undefined): string | undefined {
  const id = cursor === undefined ? undefined : decodeCursor(cursor)?.[0];
  return typeof id === 'string' ? id : undefined;
}
