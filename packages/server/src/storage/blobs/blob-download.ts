import type { StreamReply } from '@esteira/contracts';
import type { BlobStore } from './blob-store.ts';

/** Time to begin a download; one that has begun goes on. */
const addressSeconds = 300;

/**
 * A blob as the answer of a route: its bytes through this server or, when the caller asked for it and the store can, an
 * address of the object storage. The permission has been checked by then: the address opens to whoever holds it.
 */
export async function blobDownload(
  blobs: BlobStore,
  blob: { readonly digest: string; readonly size: number },
  options: { contentType: string; fileName: string; redirect: boolean },
): Promise<StreamReply> {
  const { contentType, fileName } = options;
  const redirect = options.redirect
    ? await blobs.presignDownload(blob.digest, { seconds: addressSeconds, fileName })
    : undefined;
  return {
    contentType,
    bytes: blobs.get(blob.digest),
    size: blob.size,
    fileName,
    ...(redirect === undefined ? {} : { redirect }),
  };
}
