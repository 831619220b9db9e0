import { existsSync } from 'node:fs';
import { chmod, copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@esteira/contracts';
import { type ArchiveEngines, archiveEngines } from './archive-engines.ts';
import { openPlaceBlobs, openPlaceForReading } from './archive-place.ts';
import { shareSigningKey, unsealSigningKey, writeSigningKey } from './archived-signing-key.ts';
import {
  type ArchiveManifest,
  type BackupPlace,
  type OnProgress,
  type RestoreOutcome,
  readManifest,
  restoreArchive,
} from './backup/index.ts';
import { loadConfig } from './config.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { createAuditLog, openSigningKey, signsCheckpoint } from './governance/index.ts';
import { systemClock } from './kernel/clock.ts';
import type { Environment } from './kernel/environment.ts';
import { esteiraError } from './kernel/errors.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { silentLogger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import { migrations } from './migrations/index.ts';
import { acquireDataDirectoryLock } from './storage/sql/sqlite/data-directory-lock.ts';

export interface RestoreRequest {
  /** Keys of the configuration that the server will run with, as given on the command line. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Folder of archives, or `s3://bucket/prefix`. */
  readonly from: string;
  /** Name of the archive; the newest unless given. */
  readonly archive?: string;
  /** See `RestoreOptions`. */
  readonly as: ArchiveManifest['kind'];
  readonly verify: boolean;
  /** File with the key that signs the audit log, when the data directory does not hold it yet. */
  readonly signingKey?: string;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

export interface Restored extends RestoreOutcome {
  readonly manifest: ArchiveManifest;
  readonly dataDir: string;
}

/** Restores an archive into an empty place. Throws as `restoreArchive`, and SIGNING_KEY_MISSING, STORAGE_BUSY, ARCHIVE_NOT_FOUND. */
export async function restore(request: RestoreRequest): Promise<Restored> {
  const config = loadConfig(request);
  const engines = archiveEngines(config);
  const place = await openPlaceForReading(config, request.from);
  try {
    return await restoreFrom(place, config, engines, request);
  } finally {
    await place.close();
  }
}

async function restoreFrom(
  place: BackupPlace,
  config: Config,
  engines: ArchiveEngines,
  request: RestoreRequest,
): Promise<Restored> {
  const name = request.archive ?? (await place.archives()).at(-1);
  if (name === undefined) throw esteiraError('ARCHIVE_NOT_FOUND', { place: place.address });
  const manifest = await readManifest(place, name);
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const folder = openDataDirectory(config.dataDir, ids);
  const lock = acquireDataDirectoryLock(folder.path);
  try {
    await bringSigningKey(folder, manifest, request.signingKey, config.blobKeys);
    const scratch = join(folder.path, 'restore-scratch');
    const placeBlobs = await openPlaceBlobs(config, request.from, { scratch, readOnly: true });
    const blobs = await engines.openBlobs();
    const database = await engines.openDatabase();
    try {
      const audit = createAuditLog({
        sql: database,
        clock: systemClock,
        ids,
        logger: silentLogger,
        signingKey: await openSigningKey(folder.signingKey, systemRandom),
      });
      const { onProgress, signal } = request;
      const outcome = await restoreArchive(
        { clock: systemClock, ids, migrations, place, placeBlobs, manifest, onProgress, signal },
        {
          name: engines.place,
          engine: engines.engine,
          dataDirectory: folder.path,
          database,
          openSnapshot: engines.openSnapshot,
          blobs,
          audit,
        },
        { as: request.as, verify: request.verify },
      );
      await shareSigningKey(engines, database, config.blobKeys);
      return { ...outcome, manifest, dataDir: folder.path };
    } finally {
      await database.close();
      await blobs.close();
      await placeBlobs.close();
      await rm(scratch, { recursive: true, force: true });
    }
  } finally {
    lock.release();
  }
}

/** Sees to it that the key that signed the archive's audit log lies in the data directory. */
async function bringSigningKey(
  folder: DataDirectory,
  manifest: ArchiveManifest,
  given: string | undefined,
  keyFile: string | undefined,
): Promise<void> {
  const path = folder.signingKey;
  if (given !== undefined && !existsSync(path)) {
    if (!existsSync(given))
      throw esteiraError('SIGNING_KEY_MISSING', { problem: `there is no file ${given}` });
    await copyFile(given, `${path}.new`);
    await chmod(`${path}.new`, 0o600);
    await rename(`${path}.new`, path);
  }
  if (manifest.signingKey !== null && keyFile !== undefined && !existsSync(path)) {
    await writeSigningKey(unsealSigningKey(manifest.signingKey, keyFile), path);
  }
  if (manifest.audit === null) return;
  if (!existsSync(path)) {
    const problem =
      'the log of the archive was signed with it, and it is neither given nor in the data directory';
    throw esteiraError('SIGNING_KEY_MISSING', { problem });
  }
  if (!signsCheckpoint(await openSigningKey(path, systemRandom), manifest.audit.checkpoint)) {
    const problem = `${path} is not the key that signed the log of the archive`;
    throw esteiraError('SIGNING_KEY_MISSING', { problem });
  }
}
