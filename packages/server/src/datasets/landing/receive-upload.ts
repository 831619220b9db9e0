import { open } from 'node:fs/promises';
import { esteiraError } from '../../kernel/errors.ts';

/** Writes a stream to a private file. Throws STORAGE_FULL when there is no room; the caller removes the file. */
export async function receiveUpload(bytes: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of bytes) await file.writeFile(chunk);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOSPC' || code === 'EFBIG' || code === 'EDQUOT')
      throw esteiraError('STORAGE_FULL', {}, error);
    throw error;
  } finally {
    await file.close();
  }
}
