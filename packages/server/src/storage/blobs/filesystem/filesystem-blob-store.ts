import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, mkdtemp, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { esteiraError } from '../../../kernel/errors.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { BlobStore, StoredBlob } from '../blob-store.ts';
import { decodeDirectory, encodeDirectory } from '../directory-listing.ts';
import { syncDirectory, syncFile, writeSynced } from './synced-file.ts';

const digestPattern = /^sha256:([0-9a-f]{2})([0-9a-f]{62})$/;

/**
 * Blobs as files `sha256/ab/cdef…` below `directory`, read-only and readable by their owner alone. Files that a crash left
 * in `tmp/` are removed here, so exactly one store may have a directory open.
 */
export async function openFilesystemBlobStore(options: {
  directory: string;
  random: RandomSource;
}): Promise<BlobStore> {
  await mkdir(join(options.directory, 'sha256'), { recursive: true, mode: 0o700 });
  const root = await realpath(options.directory);
  const temporary = join(root, 'tmp');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });

  function pathOf(digest: string): string {
    const match = digestPattern.exec(digest);
    if (match === null) throw esteiraError('BLOB_NOT_FOUND', { digest });
    return join(root, 'sha256', match[1] ?? '', match[2] ?? '');
  }

  async function find(digest: string): Promise<{ path: string; size: number }> {
    const path = pathOf(digest);
    const found = await statOrUndefined(path);
    if (found === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
    return { path, size: found.size };
  }

  /** Gives a complete, synced temporary file its final name. */
  async function settle(temporaryPath: string, blob: StoredBlob): Promise<StoredBlob> {
    const path = pathOf(blob.digest);
    if ((await statOrUndefined(path)) !== undefined) {
      await unlink(temporaryPath);
      return blob;
    }
    const shard = dirname(path);
    const made = await mkdir(shard, { recursive: true, mode: 0o700 });
    await rename(temporaryPath, path);
    await syncDirectory(shard);
    if (made !== undefined) await syncDirectory(dirname(shard));
    return blob;
  }

  async function putBytes(bytes: AsyncIterable<Uint8Array>, expected?: string): Promise<StoredBlob> {
    const path = join(temporary, Buffer.from(options.random.bytes(16)).toString('hex'));
    try {
      const blob = await writeHashed(path, bytes);
      if (expected !== undefined && expected !== blob.digest) {
        throw esteiraError('BLOB_DIGEST_MISMATCH', { actual: blob.digest, expected });
      }
      return await settle(path, blob);
    } catch (error) {
      await rm(path, { force: true });
      throw asStorageError(error);
    }
  }

  return {
    put: (bytes, putOptions) => putBytes(bytes, putOptions?.expected),

    async adopt(temporaryPath) {
      const path = await realpath(temporaryPath);
      if (!path.startsWith(temporary + sep) || !(await lstat(path)).isFile()) {
        throw new Error(
          `Only files below a temporary directory of the store can be adopted, not ${temporaryPath}.`,
        );
      }
      try {
        const blob = await hashFile(path);
        await syncFile(path);
        return await settle(path, blob);
      } catch (error) {
        throw asStorageError(error);
      }
    },

    async *get(digest) {
      const { path } = await find(digest);
      for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) yield chunk as Uint8Array;
    },

    async stat(digest) {
      if (!digestPattern.test(digest)) return undefined;
      const found = await statOrUndefined(pathOf(digest));
      return found === undefined ? undefined : { digest, size: found.size };
    },

    localFile: async (digest) => (await find(digest)).path,

    putDirectory: async (entries) => putBytes(once(encodeDirectory(entries))),

    async getDirectory(digest) {
      const { path } = await find(digest);
      const chunks: Uint8Array[] = [];
      for await (const chunk of createReadStream(path)) chunks.push(chunk as Uint8Array);
      const entries = decodeDirectory(Buffer.concat(chunks));
      if (entries === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
      return entries;
    },

    temporaryDirectory: () => mkdtemp(join(temporary, 'dir-')),

    delete: async (digest) => rm(pathOf(digest), { force: true }),
  };
}

async function writeHashed(path: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let size = 0;
  async function* hashed(): AsyncIterable<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  await writeSynced(path, hashed());
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function hashFile(path: string): Promise<StoredBlob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function statOrUndefined(path: string): Promise<{ size: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function asStorageError(error: unknown): unknown {
  const outOfRoom = ['ENOSPC', 'EFBIG', 'EDQUOT'].some((code) => code === codeOf(error));
  return outOfRoom ? esteiraError('STORAGE_FULL', {}, error) : error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
