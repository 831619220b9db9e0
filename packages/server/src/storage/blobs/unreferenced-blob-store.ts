import type { SqlReader, SqlTransaction } from '../sql/sql-database.ts';

interface UnreferencedTables {
  unreferenced_blobs: {
    digest: string;
    state: string;
    size: number;
    since: number;
    workspace: string | null;
    kind: string | null;
    seen_by: string | null;
  };
}

/**
 * Content that nothing refers to. `noticed` may be stored again and is then forgotten here; `freeing` is about to be
 * deleted, and whoever stores it again waits until that has happened.
 */
export interface UnreferencedBlob {
  readonly digest: string;
  readonly state: 'noticed' | 'freeing';
  /** Bytes. */
  readonly size: number;
  /** Since when nothing refers to it, ms. */
  readonly since: number;
  /** Whose and what it was, where a policy removed it; null elsewhere. */
  readonly workspace: string | null;
  readonly kind: string | null;
  /** The collection that saw it last. */
  readonly seenBy: string | null;
}

// Engines bound the number of parameters of a statement.
const digestsPerStatement = 500;

export async function findUnreferenced(
  reader: SqlReader,
  digests: readonly string[],
): Promise<readonly UnreferencedBlob[]> {
  const found: UnreferencedBlob[] = [];
  for (const some of inParts(digests)) {
    const rows = await reader
      .query<UnreferencedTables>()
      .selectFrom('unreferenced_blobs')
      .selectAll()
      .where('digest', 'in', some)
      .execute();
    found.push(...rows.map(toBlob));
  }
  return found;
}

/** By digest; `after` is the last digest of the page before. */
export async function listUnreferenced(
  reader: SqlReader,
  page: { after: string; limit: number },
): Promise<readonly UnreferencedBlob[]> {
  const rows = await reader
    .query<UnreferencedTables>()
    .selectFrom('unreferenced_blobs')
    .selectAll()
    .where('digest', '>', page.after)
    .orderBy('digest')
    .limit(page.limit)
    .execute();
  return rows.map(toBlob);
}

/** Puts them on the list; what is on it already stays as it is. */
export async function noteUnreferenced(
  tx: SqlTransaction,
  blobs: readonly Omit<UnreferencedBlob, 'state'>[],
): Promise<void> {
  for (let start = 0; start < blobs.length; start += 100) {
    const rows = blobs.slice(start, start + 100).map((blob) => ({
      digest: blob.digest,
      state: 'noticed',
      size: blob.size,
      since: blob.since,
      workspace: blob.workspace,
      kind: blob.kind,
      seen_by: blob.seenBy,
    }));
    await tx
      .query<UnreferencedTables>()
      .insertInto('unreferenced_blobs')
      .values(rows)
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
  }
}

/** Says that a collection saw them. */
export async function markSeen(
  tx: SqlTransaction,
  digests: readonly string[],
  seenBy: string,
): Promise<void> {
  for (const some of inParts(digests)) {
    await tx
      .query<UnreferencedTables>()
      .updateTable('unreferenced_blobs')
      .set({ seen_by: seenBy })
      .where('digest', 'in', some)
      .execute();
  }
}

/**
 * Somebody has the content in hand: its grace period begins anew. What is being deleted stays as it is. With `all`, what is
 * not on the list is put there, so that content which only its age speaks for is not freed before it is referred to.
 */
export async function renewUnreferenced(
  tx: SqlTransaction,
  blobs: readonly { readonly digest: string; readonly size: number }[],
  since: number,
  all: boolean,
): Promise<void> {
  for (const { digest, size } of blobs) {
    if (!all) {
      await tx
        .query<UnreferencedTables>()
        .updateTable('unreferenced_blobs')
        .set({ since })
        .where('digest', '=', digest)
        .where('state', '=', 'noticed')
        .execute();
      continue;
    }
    const row = { digest, state: 'noticed', size, since, workspace: null, kind: null, seen_by: null };
    await tx
      .query<UnreferencedTables>()
      .insertInto('unreferenced_blobs')
      .values(row)
      .onConflict((conflict) =>
        conflict.column('digest').doUpdateSet({ since }).where('unreferenced_blobs.state', '=', 'noticed'),
      )
      .execute();
  }
}

/** Takes those of them that are still only noticed, and were since `before`, to be deleted now. Returns which. */
export async function beginFreeing(
  tx: SqlTransaction,
  digests: readonly string[],
  before: number,
): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const some of inParts(digests)) {
    const rows = await tx
      .query<UnreferencedTables>()
      .updateTable('unreferenced_blobs')
      .set({ state: 'freeing' })
      .where('digest', 'in', some)
      .where('state', '=', 'noticed')
      .where('since', '<=', before)
      .returning('digest')
      .execute();
    taken.push(...rows.map((row) => row.digest));
  }
  return taken;
}

/** Takes them off the list. */
export async function forgetUnreferenced(tx: SqlTransaction, digests: readonly string[]): Promise<void> {
  for (const some of inParts(digests))
    await tx
      .query<UnreferencedTables>()
      .deleteFrom('unreferenced_blobs')
      .where('digest', 'in', some)
      .execute();
}

function* inParts(digests: readonly string[]): Iterable<readonly string[]> {
  for (let start = 0; start < digests.length; start += digestsPerStatement)
    yield digests.slice(start, start + digestsPerStatement);
}

function toBlob(row: UnreferencedTables['unreferenced_blobs']): UnreferencedBlob {
  return {
    digest: row.digest,
    state: row.state === 'freeing' ? 'freeing' : 'noticed',
    size: row.size,
    since: row.since,
    workspace: row.workspace,
    kind: row.kind,
    seenBy: row.seen_by,
  };
}
