import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import type { BlobStore, StoredBlob } from './blob-store.ts';
import { findUnreferenced, renewUnreferenced } from './unreferenced-blob-store.ts';

const pauseMs = 25;
const longestWaitMs = 15_000;

/**
 * The store as rooms use it: what they store is never freed under their hands. Content that was stored before, and that
 * nothing refers to any more, may be on the collector's list; storing it again, or taking it over into a directory, begins
 * its grace period anew, before whoever does so can write a row that refers to it. What the collector is deleting at this
 * moment, on any replica, is waited for. Throws BLOB_BEING_FREED when the content is gone after that.
 */
export function guardBlobStore(blobs: BlobStore, deps: { database: SqlDatabase; clock: Clock }): BlobStore {
  const { database, clock } = deps;

  async function keep(stored: readonly StoredBlob[], all: boolean): Promise<void> {
    const digests = stored.map(({ digest }) => digest);
    if (all) await database.transaction((tx) => renewUnreferenced(tx, stored, clock.now(), true));
    const listed = await findUnreferenced(database, digests);
    if (listed.length === 0) return;
    if (!all) await database.transaction((tx) => renewUnreferenced(tx, stored, clock.now(), false));
    await waitForFreeing(digests);
  }

  async function waitForFreeing(digests: readonly string[]): Promise<void> {
    const waited = new Set<string>();
    const begun = performance.now();
    for (;;) {
      const listed = await findUnreferenced(database, digests);
      const freeing = listed.filter(({ state }) => state === 'freeing').map(({ digest }) => digest);
      if (freeing.length === 0) break;
      for (const digest of freeing) waited.add(digest);
      if (performance.now() - begun > longestWaitMs)
        throw esteiraError('BLOB_BEING_FREED', { digest: freeing.join(', ') });
      await sleep(pauseMs);
    }
    for (const digest of waited) {
      if ((await blobs.stat(digest)) === undefined) throw esteiraError('BLOB_BEING_FREED', { digest });
    }
  }

  async function kept(stored: StoredBlob): Promise<StoredBlob> {
    await keep([stored], false);
    return stored;
  }

  return {
    ...blobs,
    put: async (bytes, options) => await kept(await blobs.put(bytes, options)),
    adopt: async (temporaryPath) => await kept(await blobs.adopt(temporaryPath)),
    async putDirectory(entries) {
      // A directory may take over files of an older one, which nobody stored again.
      await keep(entries, true);
      for (const { digest } of entries) {
        if ((await blobs.stat(digest)) === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
      }
      return await kept(await blobs.putDirectory(entries));
    },
  };
}
