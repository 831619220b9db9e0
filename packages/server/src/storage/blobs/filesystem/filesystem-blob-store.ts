import type { RandomSource } from '../../../kernel/random-source.ts';
import type { BlobStore } from '../blob-store.ts';
import { openContentAddressedStore } from '../content-addressed-store.ts';
import { plainLayout } from '../plain-layout.ts';
import { openFilesystemObjectStorage } from './filesystem-object-storage.ts';

/**
 * Blobs as files `sha256/ab/cdef…` below `directory`, read-only and readable by their owner alone. Files that a crash left
 * in `tmp/` are removed here, so exactly one store may have a directory open.
 */
export async function openFilesystemBlobStore(options: {
  directory: string;
  random: RandomSource;
}): Promise<BlobStore> {
  const objects = await openFilesystemObjectStorage(options);
  return await openContentAddressedStore({ ...options, layout: plainLayout(objects) });
}
