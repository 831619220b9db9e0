import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { esteiraError } from '../../kernel/errors.ts';
import type { RandomSource } from '../../kernel/random-source.ts';
import type { BlobLayout, PreparedBlob } from './blob-layout.ts';
import type { BlobStore, ByteRange, DeleteOptions, StoredBlob } from './blob-store.ts';
import { clearingSpent } from './clearing-spent.ts';
import { decodeDirectory, encodeDirectory } from './directory-listing.ts';
import type { LocalCache } from './local-cache.ts';
import { storageError } from './storage-error.ts';

/**
 * The blob port over any layout. `directory` is local and this process's own: `tmp/` below it takes what is being written,
 * and is emptied here of what a crash left.
 */
export async function openContentAddressedStore(options: {
  layout: BlobLayout;
  directory: string;
  cache?: LocalCache;
  random: RandomSource;
}): Promise<BlobStore> {
  const { layout, cache } = options;
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const temporary = join(await realpath(options.directory), 'tmp');
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o700 });

  function temporaryPath(): string {
    return join(temporary, Buffer.from(options.random.bytes(16)).toString('hex'));
  }

  async function store(path: string, prepare: () => Promise<PreparedBlob>, expected?: string) {
    try {
      const { digest, size, place } = await prepare();
      if (expected !== undefined && expected !== digest) {
        throw esteiraError('BLOB_DIGEST_MISMATCH', { actual: digest, expected });
      }
      await place();
      return { digest, size };
    } catch (error) {
      throw storageError(error);
    } finally {
      await rm(path, { force: true });
    }
  }

  async function putBytes(bytes: AsyncIterable<Uint8Array>, expected?: string): Promise<StoredBlob> {
    const path = temporaryPath();
    return await store(path, () => layout.prepare(path, clearingSpent(bytes)), expected);
  }

  async function open(digest: string, range?: ByteRange) {
    const opened = await layout.open(digest, range);
    if (opened === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
    return opened;
  }

  async function* readWhole(digest: string): AsyncIterable<Uint8Array> {
    yield* verified(digest, clearingSpent((await open(digest)).bytes));
  }

  async function deleteMany(
    digests: readonly string[],
    deleteOptions?: DeleteOptions,
  ): Promise<ReadonlySet<string>> {
    const freed = await layout.remove(digests, deleteOptions);
    for (const digest of freed) cache?.forget(digest);
    return freed;
  }

  return {
    put: (bytes, putOptions) => putBytes(bytes, putOptions?.expected),

    async adopt(source) {
      const path = await realpath(source);
      if (!path.startsWith(temporary + sep) || !(await lstat(path)).isFile()) {
        throw new Error(`Only files below a temporary directory of the store can be adopted, not ${source}.`);
      }
      const other = temporaryPath();
      const blob = await store(other, () => layout.prepareFile(path, other));
      await rm(path, { force: true });
      return blob;
    },

    async *get(digest, range) {
      const whole = (range?.start ?? 0) === 0 && range?.end === undefined;
      if (whole) yield* readWhole(digest);
      else yield* clearingSpent((await open(digest, range)).bytes);
    },

    async stat(digest) {
      const size = await layout.sizeOf(digest);
      return size === undefined ? undefined : { digest, size };
    },

    async localFile(digest) {
      const own = await layout.localPath(digest);
      if (own !== undefined) return own;
      const cached = await cache?.file(digest, async () => {
        const { size, bytes } = await open(digest);
        return { size, bytes: verified(digest, bytes) };
      });
      if (cached === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
      return cached;
    },

    putDirectory: async (entries) => putBytes(once(encodeDirectory(entries))),

    async getDirectory(digest) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of readWhole(digest)) chunks.push(chunk);
      const entries = decodeDirectory(Buffer.concat(chunks));
      if (entries === undefined) throw esteiraError('BLOB_NOT_FOUND', { digest });
      return entries;
    },

    temporaryDirectory: () => mkdtemp(join(temporary, 'dir-')),

    delete: async (digest, deleteOptions) => (await deleteMany([digest], deleteOptions)).has(digest),
    deleteMany,

    list: layout.list,
    presignDownload: layout.presign,
    check: layout.check,

    async close() {
      await cache?.close();
      await layout.close();
    },
  };
}

/** Holds the last chunk back until the digest is known to be right: nobody takes damaged content for whole. */
async function* verified(digest: string, bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let last: Uint8Array | undefined;
  for await (const chunk of bytes) {
    if (last !== undefined) yield last;
    hash.update(chunk);
    last = chunk;
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw esteiraError('BLOB_DAMAGED', { digest });
  if (last !== undefined) yield last;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
