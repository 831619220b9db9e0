import { esteiraError } from '../../kernel/errors.ts';

/** A disk or quota that is full as STORAGE_FULL, one that may not be written as STORAGE_READ_ONLY; everything else as it is. */
export function storageError(error: unknown): unknown {
  const code = String(errorCode(error));
  if (outOfRoom.has(code)) return esteiraError('STORAGE_FULL', {}, error);
  return isUnwritable(error, code) ? esteiraError('STORAGE_READ_ONLY', { problem: code }, error) : error;
}

const outOfRoom: ReadonlySet<string> = new Set(['ENOSPC', 'EFBIG', 'EDQUOT']);

/** Connections are refused in the same words; an error of files names one. */
function isUnwritable(error: unknown, code: string): boolean {
  if (code === 'EROFS') return true;
  return (code === 'EACCES' || code === 'EPERM') && error instanceof Error && 'path' in error;
}

/** `ENOENT` and its like. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
