import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { esteiraError } from '../kernel/errors.ts';
import { syncDirectory } from '../storage/blobs/filesystem/synced-file.ts';
import { storageError } from '../storage/blobs/storage-error.ts';
import { acquireDataDirectoryLock } from '../storage/sql/sqlite/data-directory-lock.ts';
import { type ArchiveManifest, manifestText, parseManifest } from './archive-manifest.ts';

/**
 * A folder that holds archives, one folder each, and beside them the blobs they share. An archive grows under
 * `<name>.partial` and takes its name when it is whole, so whatever has a name is whole.
 */
export interface BackupPlace {
  readonly path: string;
  readonly blobs: string;
  /** Names of whole archives, the oldest first. */
  archives(): Promise<readonly string[]>;
  /** Makes the folder that an archive grows in; what an interrupted one left is removed. */
  begin(name: string): Promise<string>;
  /** Writes the manifest, as the last file, and gives the archive its name. */
  finish(manifest: Omit<ArchiveManifest, 'digest'>): Promise<void>;
  /** Takes back an archive that was begun. */
  abandon(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const marker = 'esteira-archives';
const archiveName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/;

/** The name of an archive begun at a time (ms): names sort by time. */
export function archiveNameAt(time: number): string {
  return new Date(time).toISOString().replace(/[:.]/g, '-');
}

/**
 * Opens a folder to write archives to, making it (mode 0700) when it is missing. One process writes a place at a time:
 * `release` ends its turn. Throws BACKUP_PLACE_UNFIT when something else lies there or it cannot be written.
 */
export async function openPlaceForWriting(path: string): Promise<BackupPlace & { release(): void }> {
  const root = resolve(path);
  let lock: { release(): void };
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    const entries = await readdir(root);
    if (!entries.includes(marker)) {
      if (entries.length > 0) throw unfit(root, 'there are other files in it');
      await writeFile(join(root, marker), '1\n', { mode: 0o600 });
    }
    lock = acquireDataDirectoryLock(root);
  } catch (error) {
    throw asPlaceProblem(root, error);
  }
  return { ...placeAt(root), release: () => lock.release() };
}

/** Opens a folder of archives to read. Throws ARCHIVE_NOT_FOUND. */
export async function openPlaceForReading(path: string): Promise<BackupPlace> {
  const root = resolve(path);
  const entries = await readdir(root).catch((error: unknown) => {
    throw esteiraError('ARCHIVE_NOT_FOUND', { place: root }, error);
  });
  if (!entries.includes(marker)) throw esteiraError('ARCHIVE_NOT_FOUND', { place: root });
  return placeAt(root);
}

/** The manifest of an archive. Throws ARCHIVE_NOT_FOUND, ARCHIVE_DAMAGED, ARCHIVE_TOO_NEW. */
export async function readManifest(place: BackupPlace, name: string): Promise<ArchiveManifest> {
  const folder = join(place.path, name);
  let text: string;
  try {
    if (!archiveName.test(name)) throw new Error('not the name of an archive');
    text = await readFile(join(folder, 'manifest.json'), 'utf8');
  } catch (error) {
    throw esteiraError('ARCHIVE_NOT_FOUND', { place: folder }, error);
  }
  return parseManifest(text);
}

function placeAt(root: string): BackupPlace {
  const partial = (name: string): string => join(root, `${name}.partial`);

  return {
    path: root,
    blobs: join(root, 'blobs'),

    async archives() {
      return (await readdir(root)).filter((name) => archiveName.test(name)).sort();
    },

    async begin(name) {
      for (const entry of await readdir(root)) {
        if (entry.endsWith('.partial')) await rm(join(root, entry), { recursive: true, force: true });
      }
      try {
        await mkdir(join(partial(name), 'tables'), { recursive: true, mode: 0o700 });
      } catch (error) {
        throw asPlaceProblem(root, error);
      }
      return partial(name);
    },

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
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'STORAGE_BUSY') return unfit(path, 'another backup is writing it');
  const problem = problems[code];
  return problem === undefined
    ? storageError(error)
    : esteiraError('BACKUP_PLACE_UNFIT', { path, problem }, error);
}
