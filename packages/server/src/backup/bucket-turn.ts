import { setTimeout as pause } from 'node:timers/promises';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { esteiraError } from '../kernel/errors.ts';
import type { RandomSource } from '../kernel/random-source.ts';
import { isMissing, isNotImplemented, isRefusedByCondition } from '../storage/blobs/s3/s3-errors.ts';

/** How often whoever writes renews its turn, and how long a turn stands that nobody renews, ms. */
export interface TurnTiming {
  readonly renew: number;
  readonly stale: number;
}

const usualTiming: TurnTiming = { renew: 5000, stale: 20_000 };

export interface BucketTurn {
  /** Aborts when another process has taken the turn. */
  readonly lost: AbortSignal;
  /** Throws BACKUP_INCOMPLETE when another process has taken the turn. */
  require(): Promise<void>;
  end(): Promise<void>;
}

/**
 * Makes this process the one that writes archives below a prefix, by an object of the name `writing`: it is made on the
 * condition that there is none, and renewed on the condition that it is still this process's. Clocks are not compared:
 * whoever finds the object watches whether it changes, and takes it over, again on a condition, when it does not. Throws
 * BACKUP_PLACE_UNFIT when another process is writing, or the server knows no conditions.
 */
export async function takeBucketTurn(deps: {
  client: S3Client;
  bucket: string;
  key: string;
  address: string;
  random: RandomSource;
  erase: (keys: readonly string[]) => Promise<void>;
  timing?: TurnTiming;
}): Promise<BucketTurn> {
  const { client, address } = deps;
  const timing = deps.timing ?? usualTiming;
  const object = { Bucket: deps.bucket, Key: deps.key };
  const owner = Buffer.from(deps.random.bytes(16)).toString('hex');
  const lost = new AbortController();
  let renewals = 0;

  /** The new tag; undefined when the condition does not hold. */
  async function put(condition: { IfNoneMatch: '*' } | { IfMatch: string }): Promise<string | undefined> {
    const Body = `${owner} ${renewals++}\n`;
    try {
      return (await client.send(new PutObjectCommand({ ...object, Body, ...condition }))).ETag ?? '';
    } catch (error) {
      if (isNotImplemented(error))
        throw unfit('its server knows no conditional writes (If-None-Match)', error);
      if (!isRefusedByCondition(error) && !isMissing(error)) throw error;
      // A request that was tried again meets what it wrote itself.
      const found = await read();
      return found?.text === Body ? found.tag : undefined;
    }
  }

  async function read(): Promise<{ tag: string; text: string } | undefined> {
    try {
      const { ETag, Body } = await client.send(new GetObjectCommand(object));
      return { tag: ETag ?? '', text: (await Body?.transformToString()) ?? '' };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async function tagNow(): Promise<string | undefined> {
    try {
      return (await client.send(new HeadObjectCommand(object))).ETag;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Watches a turn that stands, for as long as it takes to see that nobody renews it. */
  async function takeOver(): Promise<string | undefined> {
    const first = await tagNow();
    for (let waited = 0; first !== undefined && waited < timing.stale; waited += timing.renew / 5) {
      await pause(timing.renew / 5);
      if ((await tagNow()) !== first) break;
    }
    const last = await tagNow();
    if (last === undefined) return await put({ IfNoneMatch: '*' });
    return last === first ? await put({ IfMatch: last }) : undefined;
  }

  function unfit(problem: string, cause?: unknown): Error {
    return esteiraError('BACKUP_PLACE_UNFIT', { path: address, problem }, cause);
  }

  let tag = (await put({ IfNoneMatch: '*' })) ?? (await takeOver());
  if (tag === undefined) throw unfit('another backup is writing it');

  async function renew(): Promise<void> {
    if (tag === undefined) return;
    tag = await put({ IfMatch: tag });
    if (tag === undefined) {
      const problem = `another process took over writing ${address}, because this one was not heard of for a while`;
      lost.abort(esteiraError('BACKUP_INCOMPLETE', { problem }));
    }
  }

  let renewing: Promise<void> = Promise.resolve();
  const inTurn = (): Promise<void> => {
    const turn = renewing.then(renew, renew);
    renewing = turn.catch(() => undefined);
    return turn;
  };
  // What fails now is tried again at the next round, and is met by `require` at the latest.
  const timer = setInterval(() => void inTurn().catch(() => undefined), timing.renew);
  timer.unref();

  return {
    lost: lost.signal,
    async require() {
      await inTurn();
      lost.signal.throwIfAborted();
    },
    async end() {
      clearInterval(timer);
      await renewing;
      if (tag === undefined || (await read())?.tag !== tag) return;
      await deps.erase([deps.key]);
    },
  };
}
