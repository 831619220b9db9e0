import { esteiraError } from '../../kernel/errors.ts';

/** A disk or quota that is full as STORAGE_FULL; everything else as it is. */
export function storageError(error: unknown): unknown {
  const outOfRoom = ['ENOSPC', 'EFBIG', 'EDQUOT'].some((code) => code === errorCode(error));
  return outOfRoom ? esteiraError('STORAGE_FULL', {}, error) : error;
}

/** `ENOENT` and its like. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
