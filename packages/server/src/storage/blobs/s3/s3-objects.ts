import {
  type _Error,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Logger } from '../../../kernel/logger.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { ByteRange } from '../blob-store.ts';
import type { OpenedObject } from '../object-storage.ts';
import { someAtOnce } from '../some-at-once.ts';
import { type BucketUse, blobBucket } from './bucket-use.ts';
import {
  bucketError,
  isMissing,
  isNotImplemented,
  isOutOfRange,
  isRefusedByCondition,
  isTransient,
  noteRequest,
} from './s3-errors.ts';
import { pauseBefore, tryAgain } from './try-again.ts';

/** What S3 deletes in one request. */
const deletedAtOnce = 1000;

/** Requests about objects by their full keys. Errors are those of the library, except while bytes are read. */
export function createS3Objects(deps: {
  client: S3Client;
  bucket: string;
  random: RandomSource;
  logger: Logger;
  use?: BucketUse | undefined;
}) {
  const { client, bucket, random, logger, use } = deps;
  let deletesMany = true;

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
    const request = { Bucket: bucket, Key: key, Body: bytes, ContentLength: bytes.length };
    await tryAgain(random, () => client.send(new PutObjectCommand(request)));
  }

  async function fetch(
    key: string,
    range: string | undefined,
    etag?: string,
  ): Promise<GetObjectCommandOutput> {
    return await client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ...(range === undefined ? {} : { Range: range }),
        ...(etag === undefined ? {} : { IfMatch: etag }),
      }),
    );
  }

  /** Goes on where a connection broke off, as long as it is the same object. */
  async function* resumed(key: string, first: GetObjectCommandOutput, start: number, end: number) {
    let position = start;
    let failures = 0;
    let body = first.Body as AsyncIterable<Uint8Array> | undefined;
    while (position < end) {
      try {
        body ??= (await fetch(key, `bytes=${position}-${end - 1}`, first.ETag))
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
        logger.debug({ key, position, failures, error }, 'reading an object broke off');
        if (isMissing(error) || isRefusedByCondition(error)) {
          const problem = 'the content was freed while it was read';
          throw (use ?? blobBucket).unavailable(problem, error);
        }
        if (failures >= 5 || !(isTransient(error) || isAborted(error))) throw bucketError(error, use);
        body = undefined;
        await pauseBefore(random, failures);
      }
    }
  }

  /** Undefined when there is none. The bytes go on where a connection broke off. */
  async function open(key: string, range?: ByteRange): Promise<OpenedObject | undefined> {
    const start = range?.start ?? 0;
    const end = range?.end;
    const ranged = start > 0 || end !== undefined;
    if (end !== undefined && end <= start) {
      const found = await head(key);
      return found === undefined ? undefined : { size: found.size, bytes: nothing() };
    }
    try {
      const answer = await fetch(
        key,
        ranged ? `bytes=${start}-${end === undefined ? '' : end - 1}` : undefined,
      );
      const whole = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1];
      const size = whole === undefined ? (answer.ContentLength ?? 0) : Number(whole);
      return { size, bytes: resumed(key, answer, start, Math.min(end ?? size, size)) };
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (!isOutOfRange(error)) throw error;
      const found = await head(key);
      return found === undefined ? undefined : { size: found.size, bytes: nothing() };
    }
  }

  /** Everything whose key begins so, in the order of the keys. */
  async function* listKeys(begin: string): AsyncIterable<ListedKey> {
    for await (const answer of pages({ Prefix: begin })) {
      for (const { Key, Size, LastModified } of answer.Contents ?? []) {
        if (Key === undefined || Key.endsWith('/')) continue;
        yield { key: Key, size: Size ?? 0, storedAt: LastModified?.getTime() ?? 0 };
      }
    }
  }

  /** The names of folders and of objects right below a prefix, which is empty or ends in `/`. */
  async function listFolder(prefix: string): Promise<{ folders: string[]; objects: string[] }> {
    const folders: string[] = [];
    const objects: string[] = [];
    for await (const answer of pages({ Prefix: prefix, Delimiter: '/' })) {
      for (const { Prefix } of answer.CommonPrefixes ?? [])
        if (Prefix !== undefined) folders.push(Prefix.slice(prefix.length, -1));
      for (const { Key } of answer.Contents ?? [])
        if (Key !== undefined && Key !== prefix) objects.push(Key.slice(prefix.length));
    }
    return { folders, objects };
  }

  async function* pages(wanted: { Prefix: string; Delimiter?: string }) {
    let token: string | undefined;
    do {
      const more = token === undefined ? {} : { ContinuationToken: token };
      const answer = await client.send(new ListObjectsV2Command({ Bucket: bucket, ...wanted, ...more }));
      yield answer;
      token = answer.IsTruncated === true ? answer.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  /** Deletes objects, many in one request where the server knows how; those that are not there count as deleted. */
  async function erase(keys: readonly string[]): Promise<void> {
    for (let start = 0; start < keys.length; start += deletedAtOnce)
      await eraseSome(keys.slice(start, start + deletedAtOnce));
  }

  async function eraseSome(keys: readonly string[]): Promise<void> {
    if (keys.length > 1 && deletesMany) {
      try {
        return await eraseTogether(keys);
      } catch (error) {
        if (!isNotImplemented(error)) throw error;
        deletesMany = false;
      }
    }
    await someAtOnce(keys, 8, (Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key })));
  }

  async function eraseTogether(keys: readonly string[]): Promise<void> {
    let left = keys;
    for (let attempt = 1; left.length > 0; attempt++) {
      const Delete = { Objects: left.map((Key) => ({ Key })), Quiet: true };
      const answer = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }));
      const failures = (answer.Errors ?? []).filter(({ Code }) => Code !== 'NoSuchKey').map(asError);
      const [first] = failures.filter((failure) => attempt >= 5 || !isTransient(failure));
      if (first !== undefined) throw first;
      left = failures.flatMap(({ key }) => key ?? []);
      if (left.length > 0) await pauseBefore(random, attempt);
    }
  }

  return { head, open, listKeys, listFolder, write, erase };
}

interface ListedKey {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
}

/** A failure that an answer tells of one object, as the error that a request for it alone would have been. */
function asError({ Key, Code, Message }: _Error) {
  const denied = Code === 'AccessDenied';
  const error = Object.assign(new Error(Message ?? 'The object was not deleted.'), {
    name: Code ?? 'InternalError',
    key: Key,
    $metadata: { httpStatusCode: denied ? 403 : 500 },
  });
  noteRequest(error, 'DeleteObjects');
  return error;
}

/** What a body says whose connection was closed under it. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && (error.message === 'aborted' || error.name === 'AbortError');
}

async function* nothing(): AsyncIterable<Uint8Array> {}
