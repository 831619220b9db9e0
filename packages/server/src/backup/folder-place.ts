import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { esteiraError } from '../kernel/errors.ts';
import { syncDirectory } from '../storage/blobs/filesystem/synced-file.ts';
import { errorCode, storageError } from '../storage/blobs/storage-error.ts';
import { acquireDataDirectoryLock } from '../storage/sql/sqlite/data-directory-lock.ts';
import { manifestText } from './archive-manifest.ts';
import { type BackupPlace, isArchiveName, placeMarker, type WritablePlace } from './backup-place.ts';

/**
 * Opens a folder to write archives to, making it (mode 0700) when it is missing. An archive grows under `<name>.partial`
 * and takes its name when it is whole. Throws BACKUP_PLACE_UNFIT when something else lies there, another process writes it,
 * or it cannot be written.
 */
export async function openFolderForWriting(path: string): Promise<WritablePlace> {
  const root = resolve(path);
  let lock: { release(): void };
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const entries = await readdir(root);
    if (!entries.includes(placeMarker)) {
      if (entries.length > 0) throw unfit(root, 'there are other files in it');
      await writeFile(join(root, placeMarker), '1\n', { mode: 0o600 });
    }
    lock = acquireDataDirectoryLock(root);
  } catch (error) {
    throw asPlaceProblem(root, error);
  }
  const partial = (name: string): string => join(root, `${name}.partial`);

  return {
    ...folderAt(root),
    // The lock is the operating system's: nobody takes it away.
    lost: new AbortController().signal,
    async requireTurn() {},

    async begin(name) {
      for (const entry of await readdir(root)) {
        if (entry.endsWith('.partial')) await rm(join(root, entry), { recursive: true, force: true });
      }
      try {
        await mkdir(join(partial(name), 'tables'), { recursive: true, mode: 0o700 });
      } catch (error) {
        throw asPlaceProblem(root, error);
      }
    },

    add: (archive, file, write) => write(join(partial(archive), file)),

    async finish(manifest) {
      const folder = partial(manifest.name);
      try {
        const file = await open(join(folder, 'manifest.json'), 'wx', 0o600);
        try {
          await file.writeFile(manifestText(manifest));
          await file.sync();
        } finally {
          await file.close();
        }
        await syncDirectory(join(folder, 'tables'));
        await syncDirectory(folder);
        await rename(folder, join(root, manifest.name));
        await syncDirectory(root);
      } catch (error) {
        throw storageError(error);
      }
    },

    abandon: (name) => rm(partial(name), { recursive: true, force: true }),
    remove: (name) => rm(join(root, name), { recursive: true, force: true }),
    close: async () => lock.release(),
  };
}

/** Opens a folder of archives to read. Throws ARCHIVE_NOT_FOUND. */
export async function openFolderForReading(path: string): Promise<BackupPlace> {
  const root = resolve(path);
  const entries = await readdir(root).catch((error: unknown) => {
    throw esteiraError('ARCHIVE_NOT_FOUND', { place: root }, error);
  });
  if (!entries.includes(placeMarker)) throw esteiraError('ARCHIVE_NOT_FOUND', { place: root });
  return folderAt(root);
}

function folderAt(root: string): BackupPlace {
  return {
    address: root,

    async archives() {
      return (await readdir(root)).filter(isArchiveName).sort();
    },

    async read(archive, name) {
      try {
        const file = await open(join(root, archive, name), 'r');
        return file.createReadStream({ highWaterMark: 1 << 18 });
      } catch (error) {
        if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
        throw error;
      }
    },

    async close() {},
  };
}

function unfit(path: string, problem: string): Error {
  return esteiraError('BACKUP_PLACE_UNFIT', { path, problem });
}

const problems: Readonly<Record<string, string>> = {
  EACCES: 'this process may not write it',
  EPERM: 'this process may not write it',
  EROFS: 'it lies on a file system that is read-only',
  ENOTDIR: 'a part of the path is no folder',
  EEXIST: 'a file has its name',
};

function asPlaceProblem(path: string, error: unknown): unknown {
  const code = String(errorCode(error) ?? '');
  if (code === 'STORAGE_BUSY') return unfit(path, 'another backup is writing it');
  const problem = problems[code];
  return problem === undefined
    ? storageError(error)
    : esteiraError('BACKUP_PLACE_UNFIT', { path, problem }, error);
}
