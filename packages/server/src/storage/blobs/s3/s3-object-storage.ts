import { rm } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Clock } from '../../../kernel/clock.ts';
import { esteiraError } from '../../../kernel/errors.ts';
import type { Logger } from '../../../kernel/logger.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { ByteRange } from '../blob-store.ts';
import type { ListedObject, ObjectStorage } from '../object-storage.ts';
import { createS3Client } from './s3-client.ts';
import { createS3Deletion } from './s3-deletion.ts';
import {
  blobsError,
  isMissing,
  isOutOfRange,
  isRefusedByCondition,
  isTransient,
  startError,
} from './s3-errors.ts';
import type { S3Settings } from './s3-settings.ts';
import { createS3Upload } from './s3-upload.ts';
import { pauseBefore } from './try-again.ts';

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
}): Promise<ObjectStorage> {
  const { clock, logger, random } = options;
  const { bucket, prefix } = options.settings;
  const renewAfterMs = options.renewAfterMs ?? hour;
  const client = createS3Client(options.settings, logger);
  const upload = createS3Upload({ client, bucket, random });
  const deletion = createS3Deletion({ client, bucket, clock });
  const keyOf = (name: string): string => prefix + name;
  const noticeOf = (name: string): string => keyOf(`freeing/${name}`);
  const renewalOf = (name: string): string => keyOf(`renewed/${name}`);

  async function head(key: string): Promise<{ size: number; storedAt: number } | undefined> {
    try {
      const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return { size: found.ContentLength ?? 0, storedAt: found.LastModified?.getTime() ?? 0 };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async function write(key: string, bytes: Uint8Array): Promise<void> {
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentLength: bytes.length }),
    );
  }

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

  async function fetch(
    name: string,
    range: string | undefined,
    etag?: string,
  ): Promise<GetObjectCommandOutput> {
    return await client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: keyOf(name),
        ...(range === undefined ? {} : { Range: range }),
        ...(etag === undefined ? {} : { IfMatch: etag }),
      }),
    );
  }

  /** Goes on where a connection broke off, as long as it is the same object. */
  async function* resumed(name: string, first: GetObjectCommandOutput, start: number, end: number) {
    let position = start;
    let failures = 0;
    let body = first.Body as AsyncIterable<Uint8Array> | undefined;
    while (position < end) {
      try {
        body ??= (await fetch(name, `bytes=${position}-${end - 1}`, first.ETag))
          .Body as AsyncIterable<Uint8Array>;
        for await (const chunk of body) {
          position += chunk.length;
          failures = 0;
          yield chunk;
        }
        if (position < end)
          throw Object.assign(new Error('The answer was cut short.'), { code: 'ECONNRESET' });
      } catch (error) {
        failures++;
        logger.debug({ name, position, failures, error }, 'reading an object broke off');
        if (isMissing(error) || isRefusedByCondition(error)) {
          throw esteiraError(
            'BLOBS_UNAVAILABLE',
            { problem: 'the content was freed while it was read' },
            error,
          );
        }
        if (failures >= 5 || !(isTransient(error) || isAborted(error))) throw blobsError(error);
        body = undefined;
        await pauseBefore(random, failures);
      }
    }
  }

  async function open(name: string, range: ByteRange | undefined) {
    const start = range?.start ?? 0;
    const end = range?.end;
    const ranged = start > 0 || end !== undefined;
    if (end !== undefined && end <= start) {
      const found = await head(keyOf(name));
      return found === undefined ? undefined : { size: found.size, bytes: nothing() };
    }
    try {
      const answer = await fetch(
        name,
        ranged ? `bytes=${start}-${end === undefined ? '' : end - 1}` : undefined,
      );
      const whole = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
      const size = whole === undefined ? (answer.ContentLength ?? 0) : Number(whole);
      return { size, bytes: resumed(name, answer, start, Math.min(end ?? size, size)) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!isOutOfRange(error)) throw error;
      const found = await head(keyOf(name));
      return found === undefined ? undefined : { size: found.size, bytes: nothing() };
    }
  }

  async function* listKeys(folder: string): AsyncIterable<ListedObject> {
    let token: string | undefined;
    do {
      const answer = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: keyOf(`${folder}/`),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key, Size, LastModified } of answer.Contents ?? []) {
        if (Key === undefined || Key.endsWith('/')) continue;
        yield { name: Key.slice(prefix.length), size: Size ?? 0, storedAt: LastModified?.getTime() ?? 0 };
      }
      token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Both lists come in the order of their names. */
  async function* list(folder: string): AsyncIterable<ListedObject> {
    const renewals = listKeys(`renewed/${folder}`)[Symbol.asyncIterator]();
    let renewal = await renewals.next();
    for await (const object of listKeys(folder)) {
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

  try {
    await check();
    // Also the right to write, before anything depends on it.
    await write(keyOf('opened'), new Uint8Array());
  } catch (error) {
    client.destroy();
    throw startError(error, bucket);
  }
  void sweep();
  const sweeps = setInterval(() => void sweep(), 6 * hour);
  sweeps.unref();

  return {
    place: mapErrors(async (name, file) => {
      for (;;) {
        const kept = await renew(name);
        if (!kept && !(await upload(keyOf(name), file))) continue;
        await rm(file.path, { force: true });
        return kept ? 'kept' : 'placed';
      }
    }),
    open: mapErrors(open),
    sizeOf: mapErrors(async (name) => (await head(keyOf(name)))?.size),
    async *list(folder) {
      try {
        yield* list(folder);
      } catch (error) {
        throw blobsError(error);
      }
    },
    remove: mapErrors(async (name, removeOptions) => {
      const bound = removeOptions?.storedBefore;
      const keys = [keyOf(name), renewalOf(name)];
      if (bound !== undefined) {
        return await deletion.erase(noticeOf(name), keys, async () => ((await storedAt(name)) ?? 0) < bound);
      }
      for (const key of keys) await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
      return true;
    }),
    writeRecord: mapErrors((name, bytes) => write(keyOf(name), bytes)),
    removeRecord: mapErrors(async (name) => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(name) }));
    }),
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

function mapErrors<A extends unknown[], R>(work: (...input: A) => Promise<R>): (...input: A) => Promise<R> {
  return async (...input) => {
    try {
      return await work(...input);
    } catch (error) {
      throw blobsError(error);
    }
  };
}

/** What a body says whose connection was closed under it. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.message === 'aborted' || error.name === 'AbortError');
}

async function* nothing(): AsyncIterable<Uint8Array> {}
