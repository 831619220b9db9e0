import { mkdir, opendir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import { syncFile } from './filesystem/synced-file.ts';
import { writeHashed } from './hashed-file.ts';
import type { OpenedObject } from './object-storage.ts';
import { storageError } from './storage-error.ts';

/** Local copies of blobs, for engines that read files. */
export interface LocalCache {
  /** The path of the copy; `download` is called when there is none, once for all who ask meanwhile. */
  file(digest: string, download: () => Promise<OpenedObject>): Promise<string>;
  /** The copy may go as soon as nobody can be using it. */
  forget(digest: string): void;
  close(): Promise<void>;
}

const hold = 6 * 3_600_000;
const largest = 20 * 2 ** 30;

/**
 * Keeps copies below `directory` (mode 0700) up to `capacity` bytes: 20 GiB, or a fifth of the disk where that is less.
 * The copy that was not asked for longest goes first, and none that was asked for within six hours (the promise of the
 * port's `localFile`); when all were, the capacity is exceeded rather than the promise broken. `keepBetweenRuns` is false
 * for copies of what is encrypted at rest: they are removed when the cache is opened and when it is closed.
 */
export async function openLocalCache(options: {
  directory: string;
  clock: Clock;
  random: RandomSource;
  keepBetweenRuns: boolean;
  capacity?: number;
}): Promise<LocalCache> {
  const { directory, clock } = options;
  if (!options.keepBetweenRuns) await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const capacity = options.capacity ?? (await defaultCapacity(directory));
  /** In the order of last use, the longest ago first. */
  const copies = await findCopies(directory);
  let stored = 0;
  for (const copy of copies.values()) stored += copy.size;
  const downloads = new Map<string, Promise<string>>();

  function use(digest: string, size: number): string {
    copies.delete(digest);
    copies.set(digest, { size, usedAt: clock.now() });
    return pathOf(directory, digest);
  }

  async function makeRoom(wanted: number): Promise<void> {
    const free = clock.now() - hold;
    for (const [digest, { size, usedAt }] of copies) {
      if (stored + wanted <= capacity) return;
      if (usedAt > free) continue;
      copies.delete(digest);
      stored -= size;
      await rm(pathOf(directory, digest), { force: true });
    }
  }

  async function fetch(digest: string, download: () => Promise<OpenedObject>): Promise<string> {
    const temporary = join(directory, `${Buffer.from(options.random.bytes(16)).toString('hex')}.new`);
    try {
      const { size, bytes } = await download();
      await makeRoom(size);
      const file = await writeHashed(temporary, bytes, { writeBack: true });
      if (`sha256:${Buffer.from(file.sha256).toString('hex')}` !== digest) {
        throw esteiraError('BLOB_DAMAGED', { digest });
      }
      // Synced, because the copy may be found again after the machine went down.
      await syncFile(temporary);
      await rename(temporary, pathOf(directory, digest));
      stored += size;
      return use(digest, size);
    } catch (error) {
      throw storageError(error);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    async file(digest, download) {
      const copy = copies.get(digest);
      if (copy !== undefined) return use(digest, copy.size);
      const begun = downloads.get(digest);
      if (begun !== undefined) return await begun;
      const fetching = fetch(digest, download).finally(() => downloads.delete(digest));
      downloads.set(digest, fetching);
      return await fetching;
    },

    forget(digest) {
      const copy = copies.get(digest);
      if (copy === undefined || copy.usedAt > clock.now() - hold) return;
      copies.delete(digest);
      stored -= copy.size;
      rm(pathOf(directory, digest), { force: true }).catch(() => undefined);
    },

    async close() {
      if (!options.keepBetweenRuns) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function findCopies(directory: string): Promise<Map<string, { size: number; usedAt: number }>> {
  const found: { digest: string; size: number; usedAt: number }[] = [];
  for await (const { name } of await opendir(directory)) {
    if (/^[0-9a-f]{64}$/.test(name)) {
      const { size, atimeMs } = await stat(join(directory, name));
      found.push({ digest: `sha256:${name}`, size, usedAt: atimeMs });
    } else {
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }
  found.sort((a, b) => a.usedAt - b.usedAt);
  return new Map(found.map(({ digest, size, usedAt }) => [digest, { size, usedAt }]));
}

async function defaultCapacity(directory: string): Promise<number> {
  const { blocks, bsize } = await statfs(directory);
  return Math.min(largest, (blocks * bsize) / 5);
}

function pathOf(directory: string, digest: string): string {
  return join(directory, digest.slice('sha256:'.length));
}
