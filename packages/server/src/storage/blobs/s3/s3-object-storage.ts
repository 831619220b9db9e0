import { rm } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/logger.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { ListedObject, ObjectStorage } from '../object-storage.ts';
import { createS3Client } from './s3-client.ts';
import { createS3Deletion } from './s3-deletion.ts';
import { bucketError, mapBucketErrors, startError } from './s3-errors.ts';
import { createS3Objects } from './s3-objects.ts';
import type { S3Settings } from './s3-settings.ts';
import { createS3Upload } from './s3-upload.ts';

const hour = 3_600_000;
/** Uploads of other replicas are left a day to end. */
const abandonedMs = 24 * hour;

/**
 * Objects in a bucket, below the prefix. S3 does not say when an object was last wanted, only when it was written: storing
 * one again that is more than an hour old writes an empty `renewed/<name>` beside it, and its age is that of the younger.
 * Throws BAD_CONFIG naming the key, BLOBS_UNAVAILABLE.
 */
export async function openS3ObjectStorage(options: {
  settings: S3Settings;
  clock: Clock;
  random: RandomSource;
  logger: Logger;
  /** How old an object may be that is stored again before its age is renewed; an hour unless given. */
  renewAfterMs?: number;
  /** Nothing is written, not even to see whether it could be; what is called must only read. */
  readOnly?: boolean;
}): Promise<ObjectStorage> {
  const { clock, logger, random } = options;
  const { bucket, prefix, use } = options.settings;
  const renewAfterMs = options.renewAfterMs ?? hour;
  const client = createS3Client(options.settings, logger);
  const { head, open, listKeys, write, erase } = createS3Objects({ client, bucket, random, logger, use });
  const upload = createS3Upload({ client, bucket, random });
  const deletion = createS3Deletion({ client, bucket, clock, random, erase });
  const keyOf = (name: string): string => prefix + name;
  const noticeOf = (name: string): string => keyOf(`freeing/${name}`);
  const renewalOf = (name: string): string => keyOf(`renewed/${name}`);

  async function storedAt(name: string): Promise<number | undefined> {
    const [object, renewal] = await Promise.all([head(keyOf(name)), head(renewalOf(name))]);
    return object === undefined ? undefined : Math.max(object.storedAt, renewal?.storedAt ?? 0);
  }

  /** True when the object is there, and counts as stored within the last hour. */
  async function renew(name: string): Promise<boolean> {
    const found = await head(keyOf(name));
    if (found === undefined) return false;
    if (clock.now() - found.storedAt < renewAfterMs) return true;
    await write(renewalOf(name), new Uint8Array());
    await deletion.settled(noticeOf(name));
    return (await head(keyOf(name))) !== undefined;
  }

  async function* listNames(folder: string): AsyncIterable<ListedObject> {
    for await (const { key, size, storedAt } of listKeys(keyOf(`${folder}/`)))
      yield { name: key.slice(prefix.length), size, storedAt };
  }

  /** Both lists come in the order of their names. */
  async function* list(folder: string): AsyncIterable<ListedObject> {
    const renewals = listNames(`renewed/${folder}`)[Symbol.asyncIterator]();
    let renewal = await renewals.next();
    for await (const object of listNames(folder)) {
      const beside = `renewed/${object.name}`;
      while (renewal.done !== true && renewal.value.name < beside) renewal = await renewals.next();
      const renewed = renewal.done !== true && renewal.value.name === beside ? renewal.value.storedAt : 0;
      yield { ...object, storedAt: Math.max(object.storedAt, renewed) };
    }
  }

  /** Parts that a process that died has left: they cost room, and no listing of objects shows them. */
  async function abortAbandoned(): Promise<void> {
    const answer = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }));
    for (const { Key, UploadId, Initiated } of answer.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      if (clock.now() - (Initiated?.getTime() ?? clock.now()) < abandonedMs) continue;
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
  }

  async function sweep(): Promise<void> {
    try {
      await abortAbandoned();
    } catch (error) {
      logger.warn({ error }, 'abandoned uploads could not be looked for');
    }
  }

  async function check(): Promise<void> {
    await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: keyOf('sha256/'), MaxKeys: 1 }), {
      abortSignal: AbortSignal.timeout(5000),
    });
  }

  /** Every right that will be needed, before anything depends on it. */
  async function checkRights(): Promise<void> {
    await check();
    if (options.readOnly === true) return;
    await write(keyOf('opened'), new Uint8Array());
    await head(keyOf('opened'));
    // Nothing has this name: only the right to delete is asked for.
    await erase([keyOf('opened.not')]);
  }

  try {
    await checkRights();
  } catch (error) {
    client.destroy();
    throw startError(error, bucket, use);
  }
  if (options.readOnly !== true) void sweep();
  const sweeps = options.readOnly === true ? undefined : setInterval(() => void sweep(), 6 * hour).unref();

  const mapErrors = mapBucketErrors(use);

  return {
    place: mapErrors(async (name, file) => {
      for (;;) {
        const kept = await renew(name);
        if (!kept && !(await upload(keyOf(name), file))) continue;
        await rm(file.path, { force: true });
        return kept ? 'kept' : 'placed';
      }
    }),
    open: mapErrors((name, range) => open(keyOf(name), range)),
    sizeOf: mapErrors(async (name) => (await head(keyOf(name)))?.size),
    async *list(folder) {
      try {
        yield* list(folder);
      } catch (error) {
        throw bucketError(error, use);
      }
    },
    remove: mapErrors(async (names, removeOptions) => {
      const bound = removeOptions?.storedBefore;
      const keysOf = (name: string) => [keyOf(name), renewalOf(name)];
      if (bound === undefined) {
        await erase(names.flatMap(keysOf));
        return new Set(names);
      }
      const candidates = names.map((name) => ({ name, notice: noticeOf(name), keys: keysOf(name) }));
      return await deletion.erase(candidates, async ({ name }) => ((await storedAt(name)) ?? 0) < bound);
    }),
    writeRecord: mapErrors((name, bytes) => write(keyOf(name), bytes)),
    removeRecord: mapErrors((name) => erase([keyOf(name)])),
    presign: mapErrors(async (name, { seconds, fileName }) => {
      const request = new GetObjectCommand({
        Bucket: bucket,
        Key: keyOf(name),
        ResponseContentType: 'application/octet-stream',
        ...(fileName === undefined
          ? {}
          : {
              ResponseContentDisposition: `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`,
            }),
      });
      return await getSignedUrl(client, request, { expiresIn: seconds });
    }),
    check: mapErrors(check),
    async close() {
      clearInterval(sweeps);
      client.destroy();
    },
  };
}
