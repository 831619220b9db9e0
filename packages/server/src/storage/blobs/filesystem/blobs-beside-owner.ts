import type { RandomSource } from '../../../kernel/random-source.ts';
import type { BlobStore } from '../blob-store.ts';
import { openContentAddressedStore } from '../content-addressed-store.ts';
import { plainLayout } from '../plain-layout.ts';
import { openFilesystemObjectStorage } from './filesystem-object-storage.ts';

/**
 * The blobs of a directory that belongs to another process, to be read: what that one is writing in `tmp/` stays. `scratch`
 * is this process's own.
 */
export async function openBlobsBesideOwner(options: {
  directory: string;
  scratch: string;
  random: RandomSource;
}): Promise<BlobStore> {
  const { directory, scratch, random } = options;
  const objects = await openFilesystemObjectStorage({ directory, random });
  return await openContentAddressedStore({ layout: plainLayout(objects), directory: scratch, random });
}
