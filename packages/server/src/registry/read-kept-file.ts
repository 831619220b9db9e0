import { esteiraError } from '../kernel/errors.ts';
import type { BlobStore, ByteRange } from '../storage/blobs/blob-store.ts';
import type { KeptFile } from './freeze-files.ts';

const maximumTextBytes = 16 * 1024 * 1024;

/** The bytes of a file that is kept, or a part of them. */
export async function readKeptFile(
  blobs: BlobStore,
  { digest }: Pick<KeptFile, 'digest'>,
  range?: ByteRange,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.get(digest, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A file that describes a model. Throws MODEL_NOT_REGISTRABLE for one that is too large to be that. */
export async function readKeptText(blobs: BlobStore, file: KeptFile): Promise<string> {
  const { path, size } = file;
  if (size > maximumTextBytes)
    throw esteiraError('MODEL_NOT_REGISTRABLE', { problem: `its ${path} has ${size} bytes` });
  return (await readKeptFile(blobs, file)).toString('utf8');
}
