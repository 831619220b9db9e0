import { setTimeout as pause } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../../../kernel/clock.ts';
import { esteiraError } from '../../../kernel/errors.ts';
import type { RandomSource } from '../../../kernel/random-source.ts';
import { someAtOnce } from '../some-at-once.ts';
import { isMissing, isNotImplemented, isRefusedByCondition } from './s3-errors.ts';
import { tryAgain } from './try-again.ts';

/** No deletion goes on under a notice older than this; S3 itself refuses requests signed 15 minutes ago. */
const noticeMs = 20 * 60_000;
const deletionMs = 60_000;
const longestWaitMs = 30_000;
const atOnce = 16;

interface Candidate {
  readonly name: string;
  readonly notice: string;
  /** Of all objects that belong to it. */
  readonly keys: readonly string[];
}

/**
 * S3 cannot delete an object on the condition of its age, so a sweep on one replica and a caller on another that stores the
 * same content could pass each other between the look and the deletion. They meet in a notice, an object of its own:
 * whoever deletes puts up the notice, looks at the age, deletes, takes the notice down; whoever stores content again renews
 * its age, waits until no notice stands, and looks whether it is still there. Either the renewal comes before the look at
 * the age, and the sweep leaves the object alone; or the notice comes before the wait, and the deletion is seen.
 */
export function createS3Deletion(deps: {
  client: S3Client;
  bucket: string;
  clock: Clock;
  random: RandomSource;
  erase: (keys: readonly string[]) => Promise<void>;
}) {
  const { client, bucket, clock, random, erase } = deps;

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

  /** Notices of this process that it could not take down, and when it put them up. */
  const standing = new Map<string, number>();

  /** False when another process has one up. */
  async function putUp(key: string): Promise<boolean> {
    const request = { Bucket: bucket, Key: key, Body: '', ContentLength: 0 };
    const since = standing.get(key);
    try {
      if (since !== undefined && clock.now() - since < noticeMs / 2) {
        await client.send(new PutObjectCommand(request));
        return true;
      }
      await tryAgain(random, () => client.send(new PutObjectCommand({ ...request, IfNoneMatch: '*' })));
      return true;
    } catch (error) {
      if (isNotImplemented(error)) {
        await client.send(new PutObjectCommand(request));
        return true;
      }
      if (!isRefusedByCondition(error)) throw error;
      const age = await noticeAge(key);
      // Left by a process that died: the next sweep finds it gone.
      if (age !== undefined && age > noticeMs) await erase([key]);
      return false;
    }
  }

  async function takeDown(notices: readonly string[]): Promise<void> {
    for (const notice of notices) standing.set(notice, clock.now());
    await erase(notices);
    for (const notice of notices) standing.delete(notice);
  }

  return {
    /**
     * Deletes what `mayGo` says may go, all in few requests. Returns the names of what was deleted: not those that may not
     * go, nor those another process is at.
     */
    async erase(
      candidates: readonly Candidate[],
      mayGo: (candidate: Candidate) => Promise<boolean>,
    ): Promise<ReadonlySet<string>> {
      const begun = clock.now();
      const noticed: Candidate[] = [];
      try {
        await someAtOnce(candidates, atOnce, async (candidate) => {
          if (await putUp(candidate.notice)) noticed.push(candidate);
        });
        const going = await someAtOnce(noticed, atOnce, mayGo);
        const gone = noticed.filter((_, index) => going[index]);
        if (clock.now() - begun > deletionMs) return new Set();
        await erase(gone.flatMap(({ keys }) => keys));
        return new Set(gone.map(({ name }) => name));
      } finally {
        await takeDown(noticed.map(({ notice }) => notice));
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
