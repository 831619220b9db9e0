import { esteiraError } from '../../../kernel/errors.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import { shardedName } from '../blob-name.ts';
import type { ObjectStorage } from '../object-storage.ts';
import type { BlobKeys } from './blob-keys.ts';
import type { SealedHeader } from './sealed-frames.ts';
import { unwrapKey, wrapKey } from './wrapped-key.ts';

const folder = 'blob-keys';
const namePattern = /^blob-keys\/([a-z0-9-]+)\/([0-9a-f]{2})\/([0-9a-f]{62})\.([0-9a-f]{32})$/;

/** A wrapped data key as it lies in the storage. */
export interface KeyRecord {
  readonly keyId: string;
  readonly digest: string;
  readonly bodyId: Buffer;
}

/**
 * The wrapped data keys, one small record each: `blob-keys/<key id>/ab/cdef….<body id>`. They lie beside what they open and
 * not in it, so that rotation writes a record of 61 bytes a blob, whatever its size; and below the id of their key, so that
 * a listing tells how many it still holds and what is left to do.
 */
export function createKeyRecords(deps: { objects: ObjectStorage; keys: BlobKeys; random: RandomSource }) {
  const { objects, keys, random } = deps;

  async function read(record: KeyRecord): Promise<Buffer | undefined> {
    const key = keys.find(record.keyId);
    if (key === undefined) return undefined;
    const opened = await objects.open(nameOf(record));
    if (opened === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.bytes) chunks.push(chunk);
    const dataKey = unwrapKey(Buffer.concat(chunks), key, record);
    if (dataKey === undefined) throw esteiraError('BLOB_DAMAGED', { digest: record.digest });
    return dataKey;
  }

  async function write(record: KeyRecord, dataKey: Uint8Array): Promise<void> {
    const key = keys.find(record.keyId);
    if (key === undefined)
      throw esteiraError('BLOB_KEY_MISSING', { digest: record.digest, keyId: record.keyId });
    await objects.writeRecord(nameOf(record), wrapKey(dataKey, key, record, random));
  }

  async function* list(): AsyncIterable<KeyRecord> {
    for await (const { name } of objects.list(folder)) {
      const [, keyId, shard, rest, bodyId] = namePattern.exec(name) ?? [];
      if (keyId === undefined || bodyId === undefined) continue;
      yield { keyId, digest: `sha256:${shard}${rest}`, bodyId: Buffer.from(bodyId, 'hex') };
    }
  }

  return {
    write,
    list,
    remove: (record: KeyRecord) => objects.removeRecord(nameOf(record)),

    /** Under whatever key of the file it is wrapped. Throws BLOB_KEY_MISSING, BLOB_DAMAGED. */
    async find(digest: string, { bodyId, keyId: first }: SealedHeader): Promise<Buffer> {
      // The second round finds what a rotation moved ahead of the first.
      for (let round = 0; round < 2; round++) {
        for (const keyId of new Set([first, ...keys.ids()])) {
          const dataKey = await read({ keyId, digest, bodyId });
          if (dataKey !== undefined) return dataKey;
        }
      }
      throw esteiraError('BLOB_KEY_MISSING', { digest, keyId: first });
    },

    async removeAll(digest: string, { bodyId, keyId: first }: SealedHeader): Promise<void> {
      for (const keyId of new Set([first, ...keys.ids()])) {
        await objects.removeRecord(nameOf({ keyId, digest, bodyId }));
      }
    },

    /** Under the active key, then no longer under the old one. False when this server has not the old key. */
    async rewrap(record: KeyRecord): Promise<boolean> {
      if (keys.find(record.keyId) === undefined) return false;
      const dataKey = await read(record);
      // Freed since it was listed.
      if (dataKey === undefined) return true;
      await write({ ...record, keyId: keys.active() }, dataKey);
      await objects.removeRecord(nameOf(record));
      return true;
    },
  };
}

export type KeyRecords = ReturnType<typeof createKeyRecords>;

function nameOf({ keyId, digest, bodyId }: KeyRecord): string {
  return `${folder}/${keyId}/${shardedName(digest)}.${bodyId.toString('hex')}`;
}
