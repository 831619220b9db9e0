import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '@esteira/contracts';
import { systemClock } from './kernel/clock.ts';
import { esteiraError } from './kernel/errors.ts';
import { silentLogger } from './kernel/logger.ts';
import { systemRandom } from './kernel/random-source.ts';
import type { BlobStore } from './storage/blobs/blob-store.ts';
import { openBlobStore } from './storage/blobs/open-blob-store.ts';
import type { SqlDatabase } from './storage/sql/sql-database.ts';
import type { SqlSnapshot } from './storage/sql/sql-snapshot.ts';

/** Database and blobs of a configuration, opened one by one: archives are written beside a server, or without one. */
export interface ArchiveEngines {
  readonly engine: 'sqlite' | 'postgres';
  /** Of the database, to people: never with a password. */
  readonly place: string;
  readonly dataDirectory: string;
  openSnapshot(): Promise<SqlSnapshot>;
  openDatabase(): Promise<SqlDatabase>;
  /** `scratch` for a folder that is not this process's own; see `openBlobStore`. */
  openBlobs(scratch?: string): Promise<BlobStore>;
}

export function archiveEngines(config: Config): ArchiveEngines {
  const dataDirectory = resolve(config.dataDir);
  const blobsOf = (scratch?: string) => openBlobs(config, join(dataDirectory, 'blobs'), scratch);
  const url = config.databaseUrl;
  if (url !== undefined) {
    return {
      engine: 'postgres',
      place: placeOf(url),
      dataDirectory,
      async openSnapshot() {
        const { openPostgresSnapshot } = await import('./storage/sql/postgres/open-postgres-snapshot.ts');
        return await openPostgresSnapshot(url);
      },
      async openDatabase() {
        const { openPostgresDatabase } = await import('./storage/sql/postgres/open-postgres-database.ts');
        return await openPostgresDatabase({ url, poolSize: 3, random: systemRandom });
      },
      openBlobs: blobsOf,
    };
  }
  const path = join(dataDirectory, 'esteira.db');
  return {
    engine: 'sqlite',
    place: dataDirectory,
    dataDirectory,
    async openSnapshot() {
      if (!existsSync(path)) throw esteiraError('NO_INSTALLATION', { place: dataDirectory });
      const { openSqliteSnapshot } = await import('./storage/sql/sqlite/open-sqlite-snapshot.ts');
      return openSqliteSnapshot(path);
    },
    async openDatabase() {
      const { openSqliteDatabase } = await import('./storage/sql/sqlite/open-sqlite-database.ts');
      return openSqliteDatabase({ path });
    },
    openBlobs: blobsOf,
  };
}

async function openBlobs(
  config: Parameters<typeof openBlobStore>[0]['config'],
  directory: string,
  scratch: string | undefined,
): Promise<BlobStore> {
  const { blobs } = await openBlobStore({
    config,
    directory,
    ...(scratch === undefined ? {} : { scratch }),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
  return blobs;
}

function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgres://${host}${pathname}`;
  } catch {
    return 'the database';
  }
}
