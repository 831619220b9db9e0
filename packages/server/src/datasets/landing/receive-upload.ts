import { open } from 'node:fs/promises';
import { storageError } from '../../storage/blobs/storage-error.ts';

/** Writes a stream to a private file. Throws STORAGE_FULL, STORAGE_READ_ONLY; the caller removes the file. */
export async function receiveUpload(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600);
    for await (const chunk of bytes) await file.writeFile(chunk);
  } catch (error) {
    throw storageError(error);
  }
}
