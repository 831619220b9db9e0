import { esteiraError } from '../kernel/errors.ts';

/** ARCHIVE_DAMAGED in place of what a blob store says of content that is missing or is not what its name says. */
export function asArchiveDamage(digest: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const file = `blobs: ${digest}`;
  if (code === 'BLOB_NOT_FOUND') {
    return esteiraError('ARCHIVE_DAMAGED', { file, problem: 'it is missing' }, error);
  }
  if (code === 'BLOB_DAMAGED' || code === 'BLOB_DIGEST_MISMATCH') {
    return esteiraError('ARCHIVE_DAMAGED', { file, problem: 'it has another SHA-256' }, error);
  }
  return error;
}
