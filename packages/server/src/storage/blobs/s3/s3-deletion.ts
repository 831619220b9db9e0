import { setTimeout as pause } from 'node:timers/promises';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../../kernel/clock.ts';
import { esteiraError } from '../../../kernel/errors.ts';
import { isMissing, isNotImplemented, isRefusedByCondition } from './s3-errors.ts';

/** No deletion goes on under a notice older than this; S3 itself refuses requests signed 15 minutes ago. */
const noticeMs = 20 * 60_000;
const deletionMs = 60_000;
const longestWaitMs = 30_000;

/**
 * S3 cannot delete an object on the condition of its age, so a sweep on one replica and a caller on another that stores the
 * same content could pass each other between the look and the deletion. They meet in a notice, an object of its own:
 * whoever deletes puts up the notice, looks at the age, deletes, takes the notice down; whoever stores content again renews
 * its age, waits until no notice stands, and looks whether it is still there. Either the renewal comes before the look at
 * the age, and the sweep leaves the object alone; or the notice comes before the wait, and the deletion is seen.
 */
export function createS3Deletion(deps: { client: S3Client; bucket: string; clock: Clock }) {
  const { client, bucket, clock } = deps;

  /** Undefined when none stands. */
  async function noticeAge(key: string): Promise<number | undefined> {
    try {
      const { LastModified } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
      return clock.now() - (LastModified?.getTime() ?? 0);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async function erase(key: string): Promise<void> {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  }

  /** False when another process has one up. */
  async function putUp(key: string): Promise<boolean> {
    const request = { Bucket: bucket, Key: key, Body: '', ContentLength: 0 };
    try {
      await client.send(new PutObjectCommand({ ...request, IfNoneMatch: '*' }));
      return true;
    } catch (error) {
      if (isNotImplemented(error)) {
        await client.send(new PutObjectCommand(request));
        return true;
      }
      if (!isRefusedByCondition(error)) throw error;
      const age = await noticeAge(key);
      // Left by a process that died: the next sweep finds it gone.
      if (age !== undefined && age > noticeMs) await erase(key);
      return false;
    }
  }

  return {
    /** Deletes the keys one after the other when `mayGo` says so; false when not, or when another process is at it. */
    async erase(notice: string, keys: readonly string[], mayGo: () => Promise<boolean>): Promise<boolean> {
      if (!(await putUp(notice))) return false;
      const begun = clock.now();
      try {
        if (!(await mayGo()) || clock.now() - begun > deletionMs) return false;
        for (const key of keys) await erase(key);
        return true;
      } finally {
        await erase(notice);
      }
    },

    /** Waits until nobody is deleting the object. Throws BLOBS_UNAVAILABLE when that takes more than 30 seconds. */
    async settled(notice: string): Promise<void> {
      const begun = clock.now();
      for (;;) {
        const age = await noticeAge(notice);
        if (age === undefined || age > noticeMs) return;
        if (clock.now() - begun > longestWaitMs) {
          throw esteiraError('BLOBS_UNAVAILABLE', { problem: 'another server is just freeing this content' });
        }
        await pause(100);
      }
    },
  };
}
