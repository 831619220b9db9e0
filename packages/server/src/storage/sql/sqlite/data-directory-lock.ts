import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { esteiraError } from '../../../kernel/errors.ts';

interface DataDirectoryLock {
  release(): void;
}

/**
 * Makes this process the one writer of a data directory (created with mode 0700 when missing) until `release` or its
 * death: the lock is the operating system's, so a killed server leaves nothing stale behind. Throws STORAGE_BUSY.
 */
export function acquireDataDirectoryLock(directory: string): DataDirectoryLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'lock.db');
  closeSync(openSync(path, 'a', 0o600));
  const holder = new DatabaseSync(path, { timeout: 0 });
  try {
    holder.exec('begin exclusive');
  } catch (error) {
    holder.close();
    throw isLocked(error) ? esteiraError('STORAGE_BUSY', { path: directory }, error) : error;
  }
  return { release: () => holder.close() };
}

function isLocked(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && 'errcode' in error && ((error.errcode as number) & 0xff) === sqliteBusy;
}
