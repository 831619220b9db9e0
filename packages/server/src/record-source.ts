import type { CodeIdentity } from './code-identity.ts';
import type { BlobStore } from './storage/blobs/blob-store.ts';

/** The code and environment of this installation; an uncommitted difference is kept as a blob, so that a run can name it. */
export async function recordSource({ diff, ...identity }: CodeIdentity, blobs: BlobStore) {
  const store = async () => {
    if (diff === undefined) return {};
    const blob = await blobs.put(
      (async function* () {
        yield diff;
      })(),
    );
    return { codeDiff: blob.digest };
  };
  return { record: { ...identity, ...(await store()) }, store };
}
