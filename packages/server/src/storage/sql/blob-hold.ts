import type { Leases } from './lease.ts';
import type { SqlReader } from './sql-database.ts';

interface LeaseTables {
  leases: { name: string; expires_at: number };
}

const prefix = 'blobs-held:';

/**
 * Somebody copies the blobs of an earlier moment of the database, so nothing may be freed that was in use then. Whoever
 * frees blobs asks in the transaction that forgets them, and forgets nothing when the answer is yes: a copy begins with its
 * hold and looks at the database after it, so what was forgotten before is not looked for.
 */
export async function blobsAreHeld(reader: SqlReader, now: number): Promise<boolean> {
  const row = await reader
    .query<LeaseTables>()
    .selectFrom('leases')
    .select('name')
    .where('name', '>=', prefix)
    .where('name', '<', 'blobs-held;')
    .where('expires_at', '>', now)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Does the work while no blob is freed. Its signal aborts when the hold is lost, because the process was frozen for longer
 * than a lease lasts: what was copied until then may have gaps.
 */
export async function whileBlobsAreHeld<T>(
  leases: Leases,
  id: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let settle: (outcome: Promise<T>) => void = () => {};
  const outcome = new Promise<T>((resolve) => {
    settle = resolve;
  });
  const hold = leases.hold(`${prefix}${id}`, async ({ signal }) => {
    const result = work(signal).then((value) => {
      signal.throwIfAborted();
      return value;
    });
    settle(result);
    await result.catch(() => {});
  });
  try {
    return await outcome;
  } finally {
    await hold.stop();
  }
}
