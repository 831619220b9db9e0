import { type KeyObject, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@esteira/contracts';
import { type ArchiveEngines, archiveEngines } from './archive-engines.ts';
import { openPlaceBlobs, openPlaceForWriting } from './archive-place.ts';
import { findSigningKey, sealSigningKey, writeSigningKey } from './archived-signing-key.ts';
import {
  type ArchiveManifest,
  type ArchiveSource,
  collectLocalFiles,
  describeTables,
  type OnProgress,
  removeOldArchives,
  type WrittenArchive,
  writeArchive,
} from './backup/index.ts';
import { loadConfig } from './config.ts';
import { systemClock } from './kernel/clock.ts';
import type { Environment } from './kernel/environment.ts';
import { esteiraError } from './kernel/errors.ts';
import { silentLogger } from './kernel/logger.ts';
import { migrations } from './migrations/index.ts';
import { readRelease } from './release.ts';
import type { BlobStore } from './storage/blobs/blob-store.ts';
import { whileBlobsAreHeld } from './storage/sql/blob-hold.ts';
import { createLeases } from './storage/sql/lease.ts';
import { listLeases } from './storage/sql/lease-store.ts';
import { unfinishedRestore } from './storage/sql/migrator.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';

export interface BackUpOptions {
  /** Keys of the configuration that the server runs with, as given on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Folder of the archives, or `s3://bucket/prefix`. */
  readonly to: string;
  /** `house` wants every server stopped, so that nothing is left behind. */
  readonly kind: ArchiveManifest['kind'];
  /** Whole archives to keep, this one included; all unless given. */
  readonly keep?: number;
  /** File that the key of the audit log is written to, apart from the archive, which never holds it in the clear. */
  readonly signingKeyTo?: string;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

/**
 * Writes an archive of an installation, beside its running servers or without any: this process reads database and blobs
 * itself, so that no server ever writes where a caller says. Throws NO_INSTALLATION, BACKUP_PLACE_UNFIT, HOUSE_IN_USE or
 * STORAGE_BUSY for a `house` with a running server, SCHEMA_TOO_NEW, RESTORE_UNFINISHED, BACKUP_INCOMPLETE, STORAGE_FULL,
 * VALUE_NOT_PORTABLE.
 */
export async function backUp(options: BackUpOptions): Promise<WrittenArchive> {
  const config = loadConfig(options);
  const engines = archiveEngines(config);
  const applied = await appliedMigrations(engines);
  const scratch = mkdtempSync(join(tmpdir(), 'esteira-backup-'));
  const blobs = await engines.openBlobs(scratch);
  const database = await engines.openDatabase();
  const lock =
    options.kind === 'house' && existsSync(engines.dataDirectory)
      ? acquireDataDirectoryLock(engines.dataDirectory)
      : undefined;
  try {
    const hasLeases = applied.includes('0015-leases');
    if (options.kind === 'house' && hasLeases && engines.engine === 'postgres')
      await requireNoServer(engines, database);
    const signingKey = await findSigningKey(engines, database, config.blobKeys);
    if (options.signingKeyTo !== undefined && signingKey !== undefined)
      await writeSigningKey(signingKey, options.signingKeyTo);
    return await archiveInstallation({
      ...options,
      config,
      blobs,
      signingKey,
      whileHeld: (work) => (hasLeases ? holdingBlobs(database, work) : work(neverAborted)),
    });
  } finally {
    lock?.release();
    await database.close();
    await blobs.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const neverAborted = new AbortController().signal;

interface ArchivingOptions extends Pick<BackUpOptions, 'to' | 'kind' | 'keep' | 'onProgress' | 'signal'> {
  readonly config: Config;
  readonly blobs: Pick<BlobStore, 'list' | 'get'>;
  readonly signingKey: KeyObject | undefined;
  /** Does the work while no blob is freed. */
  readonly whileHeld: (work: (signal: AbortSignal) => Promise<WrittenArchive>) => Promise<WrittenArchive>;
}

/** Writes an archive with engines that are open already; `backUp` says what is thrown. */
export async function archiveInstallation(options: ArchivingOptions): Promise<WrittenArchive> {
  const { config, signingKey } = options;
  const engines = archiveEngines(config);
  const applied = await appliedMigrations(engines);
  const scratch = mkdtempSync(join(tmpdir(), 'esteira-archive-'));
  try {
    const place = await openPlaceForWriting(config, options.to, scratch);
    try {
      const use = { scratch: join(scratch, 'blobs'), readOnly: false };
      const placeBlobs = await openPlaceBlobs(config, options.to, use);
      const known = migrations.filter(({ name }) => applied.includes(name));
      const source: ArchiveSource = {
        installation: installationOf(engines.dataDirectory),
        migrations: applied,
        tables: await describeTables(known, systemClock),
        collectFiles: (store) => collectLocalFiles(engines.dataDirectory, store),
        openSnapshot: engines.openSnapshot,
        blobs: options.blobs,
        signingKey:
          signingKey === undefined || config.blobKeys === undefined
            ? null
            : sealSigningKey(signingKey, config.blobKeys),
      };
      const { onProgress } = options;
      try {
        const written = await options.whileHeld((held) => {
          const signal = AbortSignal.any([held, place.lost, options.signal]);
          const deps = { clock: systemClock, release: readRelease(), place, placeBlobs, onProgress, signal };
          return writeArchive(deps, options.kind, source);
        });
        if (options.keep !== undefined) await removeOldArchives(place, placeBlobs, options.keep);
        return written;
      } finally {
        await placeBlobs.close();
      }
    } finally {
      await place.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Names of the migrations a database has. Throws NO_INSTALLATION, SCHEMA_TOO_NEW, RESTORE_UNFINISHED. */
async function appliedMigrations(engines: ArchiveEngines): Promise<readonly string[]> {
  const snapshot = await engines.openSnapshot();
  try {
    if (!(await snapshot.tables()).includes('migrations')) {
      throw esteiraError('NO_INSTALLATION', { place: engines.place });
    }
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

/** A shared database has replicas, which hold leases as long as they live. The lock of a folder tells of the others. */
async function requireNoServer(engines: ArchiveEngines, database: SqlDatabase): Promise<void> {
  const now = await database.now();
  const alive = (await listLeases(database)).filter(({ expiresAt }) => expiresAt > now);
  const [first] = alive;
  if (first !== undefined) throw esteiraError('HOUSE_IN_USE', { place: engines.place, lease: first.name });
}

function installationOf(dataDirectory: string): string {
  const path = join(dataDirectory, 'installation-id');
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
}

async function holdingBlobs<T>(database: SqlDatabase, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const owner = `backup-${randomUUID()}:${process.pid}`;
  // What replicas agree by is the time of the engine.
  const offset = (await database.now()) - systemClock.now();
  const clock = { now: () => systemClock.now() + offset };
  const leases = createLeases({ database, clock, logger: silentLogger, owner });
  try {
    return await whileBlobsAreHeld(leases, owner, work);
  } finally {
    await leases.stop();
  }
}
