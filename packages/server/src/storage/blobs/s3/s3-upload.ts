import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { RandomSource } from '../../../kernel/random-source.ts';
import type { CompleteFile } from '../object-storage.ts';
import { isNotImplemented, isRefusedByCondition } from './s3-errors.ts';
import { tryAgain } from './try-again.ts';

const largestSingle = 64 * 2 ** 20;
const smallestPart = 8 * 2 ** 20;
/** S3 takes 10,000 parts. */
const mostParts = 9000;
const partsAtOnce = 4;
const largeAtOnce = 2;

/**
 * Uploads local files under keys that must be free, unless told otherwise: a file of up to 64 MiB in one request, a larger one in parts. Memory is
 * that of the parts on their way, 64 MiB at most whatever is uploaded at once (more for files beyond 70 GiB, whose parts are
 * larger). An upload that fails leaves no parts behind.
 */
export function createS3Upload(deps: {
  client: S3Client;
  bucket: string;
  random: RandomSource;
  /** What lies under a key is replaced; otherwise it must be free. */
  replaces?: boolean;
}) {
  const { client, bucket, random } = deps;
  const inSlot = createSlots(largeAtOnce);
  let conditional = deps.replaces !== true;

  function condition(): { IfNoneMatch?: '*' } {
    return conditional ? { IfNoneMatch: '*' } : {};
  }

  async function put(key: string, file: CompleteFile): Promise<void> {
    await tryAgain(random, () =>
      client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: createReadStream(file.path, { highWaterMark: 1 << 18 }),
          ContentLength: file.size,
          ChecksumSHA256: Buffer.from(file.sha256).toString('base64'),
          ...condition(),
        }),
      ),
    );
  }

  async function putInParts(key: string, file: CompleteFile): Promise<void> {
    const target = { Bucket: bucket, Key: key };
    const begun = await client.send(
      new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }),
    );
    const upload = { ...target, UploadId: begun.UploadId };
    try {
      const Parts = await sendParts(upload, file);
      await client.send(
        new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...condition() }),
      );
    } catch (error) {
      // What cannot be aborted now is swept when it is a day old.
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  async function sendParts(
    upload: { Bucket: string; Key: string; UploadId: string | undefined },
    { path, size }: CompleteFile,
  ): Promise<CompletedPart[]> {
    const partSize = Math.max(smallestPart, Math.ceil(size / mostParts));
    const parts: CompletedPart[] = Array.from({ length: Math.ceil(size / partSize) });
    const file = await open(path, 'r');
    let next = 0;
    async function sendOneAfterOther(): Promise<void> {
      const memory = Buffer.allocUnsafeSlow(partSize);
      while (next < parts.length) {
        const index = next++;
        const Body = memory.subarray(0, Math.min(partSize, size - index * partSize));
        await readWhole(file, Body, index * partSize);
        const PartNumber = index + 1;
        const sent = await client.send(
          new UploadPartCommand({ ...upload, PartNumber, Body, ChecksumAlgorithm: 'SHA256' }),
        );
        parts[index] = { PartNumber, ETag: sent.ETag, ChecksumSHA256: sent.ChecksumSHA256 };
      }
    }
    try {
      await allSettled(Array.from({ length: partsAtOnce }, sendOneAfterOther), () => {
        next = parts.length;
      });
      return parts;
    } finally {
      await file.close();
    }
  }

  /** False when there is an object under the key already. */
  return async function upload(key: string, file: CompleteFile): Promise<boolean> {
    try {
      if (file.size <= largestSingle) await put(key, file);
      else await inSlot(() => putInParts(key, file));
      return true;
    } catch (error) {
      if (isRefusedByCondition(error)) return false;
      if (!conditional || !isNotImplemented(error)) throw error;
      // Without conditions the same content is at worst written twice.
      conditional = false;
      return await upload(key, file);
    }
  };
}

/** Waits for all, also after one has failed: the memory and the file they use must not be taken from them. */
async function allSettled(work: readonly Promise<void>[], stop: () => void): Promise<void> {
  for (const one of work) one.catch(stop);
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}

async function readWhole(file: FileHandle, into: Buffer, position: number): Promise<void> {
  let filled = 0;
  while (filled < into.length) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, position + filled);
    if (bytesRead === 0) throw new Error('A file that is uploaded became shorter.');
    filled += bytesRead;
  }
}

function createSlots(count: number): (work: () => Promise<void>) => Promise<void> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}
