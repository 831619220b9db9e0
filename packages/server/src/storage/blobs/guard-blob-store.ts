import { setTimeout as sleep } from 'node:timers/promises';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import type { BlobStore } from './blob-store.ts';
import { findUnreferenced, forgetUnreferenced } from './unreferenced-blob-store.ts';

const pauseMs = 25;
const longestWaitMs = 15_000;

/**
 * The store as rooms use it: what they store is never freed under their hands. Content that was stored before and that
 * nothing refers to any more may be on the collector's list; storing it again takes it off, before whoever stores it can
 * write a row that refers to it. With what the collector is deleting at this moment, on any replica, storing waits for it.
 * Throws BLOB_BEING_FREED when the content is gone after that: an engine whose deletion cannot be told from a storing at the
 * same instant.
 */
export function guardBlobStore(blobs: BlobStore, database: SqlDatabase): BlobStore {
  async function keep(digests: readonly string[]): Promise<void> {
    const waited = new Set<string>();
    const begun = performance.now();
    for (;;) {
      const listed = await findUnreferenced(database, digests);
      if (listed.length === 0) break;
      const noticed = listed.filter(({ state }) => state === 'noticed').map(({ digest }) => digest);
      if (noticed.length > 0) {
        await database.transaction((tx) => forgetUnreferenced(tx, noticed, 'noticed'));
        continue;
      }
      for (const { digest } of listed) waited.add(digest);
      if (performance.now() - begun > longestWaitMs)
        throw esteiraError('BLOB_BEING_FREED', { digest: [...waited].join(', ') });
      await sleep(pauseMs);
    }
    for (const digest of waited) {
      if ((await blobs.stat(digest)) === undefined) throw esteiraError('BLOB_BEING_FREED', { digest });
    }
  }

  return {
    ...blobs,
    async put(bytes, options) {
      const stored = await blobs.put(bytes, options);
      await keep([stored.digest]);
      return stored;
    },
    async adopt(temporaryPath) {
      const stored = await blobs.adopt(temporaryPath);
      await keep([stored.digest]);
      return stored;
    },
    async putDirectory(entries) {
      const digests = [...new Set(entries.map(({ digest }) => digest))];
      await keep(digests);
      // A directory may take over files of an older one, which nobody stored again.
      for (const digest of digests) {
        if ((await blobs.stat(digest)) === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
      }
      const stored = await blobs.putDirectory(entries);
      await keep([stored.digest]);
      return stored;
    },
  };
}
