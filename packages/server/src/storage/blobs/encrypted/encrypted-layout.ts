import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { EsteiraError, esteiraError } from '../../../kernel/errors.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { BlobLayout, PreparedBlob } from '../blob-layout.ts';
import { digestOfName, shardedName } from '../blob-name.ts';
import type { ByteRange } from '../blob-store.ts';
import { writeHashed } from '../hashed-file.ts';
import type { ObjectStorage, OpenedObject } from '../object-storage.ts';
import { someAtOnce } from '../some-at-once.ts';
import type { BlobKeys } from './blob-keys.ts';
import type { KeyRecords } from './key-records.ts';
import {
  contentSize,
  decodeHeader,
  encodeHeader,
  frameSize,
  framesOf,
  headerSize,
  openFrames,
  type SealedHeader,
  sealFrames,
} from './sealed-frames.ts';

/**
 * Blobs sealed under `sealed/ab/cdef…`, named by the digest of their content, with their data keys in key records. What lies
 * under `sha256/` from before encryption was switched on is read through `plain`; stored again, it is sealed too.
 */
export function encryptedLayout(deps: {
  objects: ObjectStorage;
  plain: BlobLayout;
  keys: BlobKeys;
  records: KeyRecords;
  random: RandomSource;
}): BlobLayout {
  const { objects, plain, keys, records, random } = deps;

  async function prepare(path: string, bytes: AsyncIterable<Uint8Array>): Promise<PreparedBlob> {
    const dataKey = random.bytes(32);
    const header = { bodyId: Buffer.from(random.bytes(16)), keyId: keys.active() };
    const hash = createHash('sha256');
    let size = 0;
    async function* counted(): AsyncIterable<Uint8Array> {
      for await (const chunk of bytes) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    const sealed = sealFrames(counted(), dataKey, encodeHeader(header));
    const file = await writeHashed(path, sealed, { writeBack: objects.localPath !== undefined });
    const digest = `sha256:${hash.digest('hex')}`;
    return {
      digest,
      size,
      async place() {
        const record = { ...header, digest };
        // The key first: content without its key would be lost, a key without content is 61 bytes too many.
        await records.write(record, dataKey);
        if ((await objects.place(nameOf(digest), file)) === 'placed') return;
        await records.remove(record);
        // What was there is no copy of the content while its key is missing.
        const kept = await readHeader(digest);
        if (kept !== undefined) await records.find(digest, kept.header);
      },
    };
  }

  async function readHeader(digest: string) {
    const opened = await objects.open(nameOf(digest), { end: headerSize });
    if (opened === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.bytes) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const header = decodeHeader(bytes);
    const size = contentSize(opened.size);
    if (header === undefined || size === undefined) throw esteiraError('BLOB_DAMAGED', { digest });
    return { bytes, header, size };
  }

  async function openSealed(digest: string, range?: ByteRange): Promise<OpenedObject | undefined> {
    const found = await readHeader(digest);
    if (found === undefined) return undefined;
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? found.size, found.size);
    if (start >= end && found.size > 0) return { size: found.size, bytes: nothing() };
    const dataKey = await records.find(digest, found.header);
    const frames = framesOf(start, end);
    const sealed = await objects.open(nameOf(digest), { start: frames.start, end: frames.end });
    if (sealed === undefined) return undefined;
    const content = openFrames(sealed.bytes, dataKey, {
      header: found.bytes,
      first: frames.first,
      frames: Math.max(1, Math.ceil(found.size / frameSize)),
    });
    const offset = frames.first * frameSize;
    return { size: found.size, bytes: within(digest, content, start - offset, end - offset) };
  }

  return {
    prepare,
    prepareFile: (source, path) => prepare(path, createReadStream(source, { highWaterMark: 1 << 20 })),

    async open(digest, range) {
      if (shardedName(digest) === undefined) return undefined;
      return (await openSealed(digest, range)) ?? (await plain.open(digest, range));
    },

    async sizeOf(digest) {
      if (shardedName(digest) === undefined) return undefined;
      const sealed = await objects.sizeOf(nameOf(digest));
      if (sealed === undefined) return await plain.sizeOf(digest);
      const size = contentSize(sealed);
      if (size === undefined) throw esteiraError('BLOB_DAMAGED', { digest });
      return size;
    },

    async *list() {
      for await (const { name, size: sealed, storedAt } of objects.list('sealed')) {
        const digest = digestOfName(name);
        if (digest !== undefined) yield { digest, size: contentSize(sealed) ?? 0, storedAt };
      }
      for await (const blob of plain.list()) {
        if ((await objects.sizeOf(nameOf(blob.digest))) === undefined) yield blob;
      }
    },

    async remove(digests, options) {
      const sealed = digests.filter((digest) => shardedName(digest) !== undefined);
      const headers = await someAtOnce(sealed, 8, readHeaderOrUndefined);
      const gone = await objects.remove(sealed.map(nameOf), options);
      await someAtOnce([...sealed.entries()], 8, async ([index, digest]) => {
        const header = headers[index];
        if (header !== undefined && gone.has(nameOf(digest))) await records.removeAll(digest, header);
      });
      const left = sealed.filter((digest) => !gone.has(nameOf(digest)));
      return await plain.remove(
        digests.filter((digest) => !left.includes(digest)),
        options,
      );
    },

    localPath: async (digest) => {
      const sealed =
        shardedName(digest) !== undefined && (await objects.sizeOf(nameOf(digest))) !== undefined;
      return sealed ? undefined : await plain.localPath(digest);
    },

    presign: async () => undefined,
    check: objects.check,
    close: objects.close,
  };

  /** What is damaged can be deleted too. */
  async function readHeaderOrUndefined(digest: string): Promise<SealedHeader | undefined> {
    try {
      return (await readHeader(digest))?.header;
    } catch (error) {
      if (error instanceof EsteiraError && error.code === 'BLOB_DAMAGED') return undefined;
      throw error;
    }
  }
}

function nameOf(digest: string): string {
  return `sealed/${shardedName(digest)}`;
}

/** Cuts the frames to what was asked for; a frame that does not open is damage. */
async function* within(
  digest: string,
  content: AsyncIterable<Uint8Array>,
  start: number,
  end: number,
): AsyncIterable<Uint8Array> {
  let position = 0;
  try {
    for await (const chunk of content) {
      const part = chunk.subarray(Math.max(0, start - position), Math.max(0, end - position));
      position += chunk.length;
      if (part.length > 0) yield part;
    }
  } catch (error) {
    if (error instanceof EsteiraError) throw error;
    throw esteiraError('BLOB_DAMAGED', { digest }, error);
  }
  if (position < end) throw esteiraError('BLOB_DAMAGED', { digest });
}

async function* nothing(): AsyncIterable<Uint8Array> {}
