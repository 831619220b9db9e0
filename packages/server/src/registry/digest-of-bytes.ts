import { createHash } from 'node:crypto';
import { EsteiraError } from '../kernel/errors.ts';
import type { BlobStore, DirectoryEntry } from '../storage/blobs/blob-store.ts';
import { encodeDirectory } from '../storage/blobs/directory-listing.ts';

/** Merkle digest of a directory as its stored bytes are now, every one of them read anew. Throws BLOB_NOT_FOUND. */
export async function digestOfBytes(blobs: BlobStore, directory: string): Promise<string> {
  return (await directoryNow(blobs, directory)).digest;
}

async function directoryNow(blobs: BlobStore, directory: string): Promise<{ digest: string; size: number }> {
  const entries: DirectoryEntry[] = [];
  for (const entry of await blobs.getDirectory(directory)) {
    const now =
      entry.kind === 'file'
        ? await identityOfBytes(blobs, entry.digest)
        : await directoryNow(blobs, entry.digest);
    entries.push({ ...entry, ...now });
  }
  const bytes = encodeDirectory(entries);
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length };
}

/** What the stored bytes are, as far as the store gives them out: of damaged content it keeps the end back. */
async function identityOfBytes(blobs: BlobStore, digest: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of blobs.get(digest)) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if (!(error instanceof EsteiraError && error.code === 'BLOB_DAMAGED')) throw error;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}
