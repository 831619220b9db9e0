import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '@esteira/contracts';
import {
  type ArchiveManifest,
  type ArchiveSource,
  collectLocalFiles,
  describeTables,
  type OnProgress,
  openPlaceForWriting,
  removeOldArchives,
  type WrittenArchive,
  writeArchive,
} from './backup/index.ts';
import { loadConfig } from './config.ts';
import { systemClock } from './kernel/clock.ts';
import { esteiraError } from './kernel/errors.ts';
import { silentLogger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import { migrations } from './migrations/index.ts';
import { readRelease } from './release.ts';
import { openBlobsBesideOwner } from './storage/blobs/filesystem/blobs-beside-owner.ts';
import { openFilesystemBlobStore } from './storage/blobs/filesystem/filesystem-blob-store.ts';
import { whileBlobsAreHeld } from './storage/sql/blob-hold.ts';
import { createLeases } from './storage/sql/lease.ts';
import { unfinishedRestore } from './storage/sql/migrator.ts';
import type { SqlSnapshot } from './storage/sql/sql-snapshot.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';
import { openSqliteDatabase } from './storage/sql/sqlite/open-sqlite-database.ts';
import { openSqliteSnapshot } from './storage/sql/sqlite/open-sqlite-snapshot.ts';

export interface BackUpOptions {
  /** Keys of the configuration that the server runs with, as given on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the archives. */
  readonly to: string;
  /** `house` wants the server stopped, so that nothing is left behind. */
  readonly kind: ArchiveManifest['kind'];
  /** Whole archives to keep, this one included; all unless given. */
  readonly keep?: number;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/**
 * Writes an archive of an installation, beside its running server or without one: this process reads database and blobs
 * itself, so that no server ever writes where a caller says. Throws NO_INSTALLATION, BACKUP_PLACE_UNFIT, STORAGE_BUSY for a
 * `house` whose server runs, SCHEMA_TOO_NEW, RESTORE_UNFINISHED, BACKUP_INCOMPLETE, STORAGE_FULL, VALUE_NOT_PORTABLE.
 */
export async function backUp(options: BackUpOptions): Promise<WrittenArchive> {
  const config = loadConfig(options);
  const source = await openSource(config);
  const scratch = mkdtempSync(join(tmpdir(), 'esteira-backup-'));
  const lock = options.kind === 'house' ? acquireDataDirectoryLock(source.dataDirectory) : undefined;
  try {
    const place = await openPlaceForWriting(options.to);
    try {
      const placeBlobs = await openFilesystemBlobStore({ directory: place.blobs, random: systemRandom });
      const applied = await appliedMigrations(source.openSnapshot);
      const known = migrations.filter(({ name }) => applied.includes(name));
      const archived: ArchiveSource = {
        installation: source.installation,
        migrations: applied,
        tables: await describeTables(known, systemClock),
        collectFiles: (blobs) => collectLocalFiles(source.dataDirectory, blobs),
        openSnapshot: source.openSnapshot,
        blobs: await source.openBlobs(scratch),
      };
      const deps = { clock: systemClock, release: readRelease(), place, placeBlobs };
      const { onProgress } = options;
      const write = (signal: AbortSignal): Promise<WrittenArchive> =>
        writeArchive({ ...deps, onProgress, signal }, options.kind, archived);
      const written = archived.tables.some(({ name }) => name === 'leases')
        ? await holdingBlobs(source.openDatabase, options.signal, write)
        : await write(options.signal);
      if (options.keep !== undefined) await removeOldArchives(place, placeBlobs, options.keep);
      return written;
    } finally {
      place.release();
    }
  } finally {
    lock?.release();
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function openSource(config: Config) {
  const dataDirectory = resolve(config.dataDir);
  const path = join(dataDirectory, 'esteira.db');
  if (!existsSync(path)) throw esteiraError('NO_INSTALLATION', { place: dataDirectory });
  return {
    dataDirectory,
    installation: readFileSync(join(dataDirectory, 'installation-id'), 'utf8').trim(),
    openSnapshot: () => openSqliteSnapshot(path),
    openDatabase: () => openSqliteDatabase({ path, logger: silentLogger }),
    openBlobs: (scratch: string) =>
      openBlobsBesideOwner({ directory: join(dataDirectory, 'blobs'), scratch, random: systemRandom }),
  };
}

/** Names of the migrations a database has. Throws SCHEMA_TOO_NEW, RESTORE_UNFINISHED. */
async function appliedMigrations(openSnapshot: () => Promise<SqlSnapshot>): Promise<readonly string[]> {
  const snapshot = await openSnapshot();
  try {
    const names: string[] = [];
    for await (const rows of snapshot.rows({ name: 'migrations', columns: ['name'], order: ['name'] }))
      names.push(...rows.map(([name]) => String(name)));
    const known = new Set(migrations.map(({ name }) => name));
    for (const name of names) {
      if (name.startsWith(unfinishedRestore)) {
        throw esteiraError('RESTORE_UNFINISHED', { archive: name.slice(unfinishedRestore.length) });
      }
      if (!known.has(name)) throw esteiraError('SCHEMA_TOO_NEW', { migration: name });
    }
    return names;
  } finally {
    await snapshot.close();
  }
}

async function holdingBlobs<T>(
  openDatabase: () => ReturnType<typeof openSqliteDatabase>,
  given: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const database = openDatabase();
  const owner = `backup-${randomUUID()}:${process.pid}`;
  const leases = createLeases({ database, clock: systemClock, logger: silentLogger, owner });
  try {
    return await whileBlobsAreHeld(leases, owner, (signal) => work(AbortSignal.any([signal, given])));
  } finally {
    await leases.stop();
    await database.close();
  }
}
