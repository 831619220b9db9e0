import type { BlobLayout, PreparedBlob } from './blob-layout.ts';
import { digestOfName, shardedName } from './blob-name.ts';
import { hashFile, writeHashed } from './hashed-file.ts';
import type { CompleteFile, ObjectStorage } from './object-storage.ts';

/** Blobs as they are, under `sha256/ab/cdef…`. */
export function plainLayout(objects: ObjectStorage): BlobLayout {
  function prepared(file: CompleteFile): PreparedBlob {
    const digest = `sha256:${Buffer.from(file.sha256).toString('hex')}`;
    return {
      digest,
      size: file.size,
      place: async () => {
        await objects.place(`sha256/${shardedName(digest)}`, file);
      },
    };
  }

  return {
    prepare: async (path, bytes) =>
      prepared(await writeHashed(path, bytes, { writeBack: objects.localPath !== undefined })),
    prepareFile: async (source) => prepared(await hashFile(source)),
    open: async (digest, range) => {
      const name = shardedName(digest);
      return name === undefined ? undefined : await objects.open(`sha256/${name}`, range);
    },
    sizeOf: async (digest) => {
      const name = shardedName(digest);
      return name === undefined ? undefined : await objects.sizeOf(`sha256/${name}`);
    },
    async *list() {
      for await (const { name, size, storedAt } of objects.list('sha256')) {
        const digest = digestOfName(name);
        if (digest !== undefined) yield { digest, size, storedAt };
      }
    },
    async remove(digests, options) {
      const named = digests.map((digest) => ({ digest, name: `sha256/${shardedName(digest) ?? ''}` }));
      const stored = named.filter(({ name }) => name !== 'sha256/');
      const gone = await objects.remove(
        stored.map(({ name }) => name),
        options,
      );
      // What is no digest is not there, and so is gone.
      return new Set(
        named.filter((one) => !stored.includes(one) || gone.has(one.name)).map(({ digest }) => digest),
      );
    },
    localPath: async (digest) => {
      const name = shardedName(digest);
      return name === undefined ? undefined : await objects.localPath?.(`sha256/${name}`);
    },
    presign: async (digest, options) => {
      const name = shardedName(digest);
      return name === undefined ? undefined : await objects.presign?.(`sha256/${name}`, options);
    },
    check: objects.check,
    close: objects.close,
  };
}
