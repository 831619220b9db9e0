import type { Logger } from '../kernel/logger.ts';
import { RowsMissed, type SqlDatabase, type SqlTransaction } from '../storage/sql/sql-database.ts';
import { type ClaimedJob, changeHeldJobs, type HeldChange, type JobChange } from './held-job-store.ts';
import type { JobNews } from './job-news.ts';
import { isFinished, type StoredJob } from './job-store.ts';
import { wakeMessage } from './job-wake.ts';

/** Stores what jobs become. */
export interface JobSettlement {
  /**
   * Resolves when the outcome is stored, or when it turns out that the lease was lost: the job is then somebody else's.
   * Outcomes that come while others are on their way to the disk share the next transactions. With `expiredBefore`, only if
   * the lease is over.
   */
  settle(held: ClaimedJob, change: JobChange, expiredBefore?: number): Promise<void>;
}

interface Settling extends HeldChange {
  resolve(): void;
  reject(error: unknown): void;
}

// Bounds the time that one transaction takes.
const mostAtOnce = 200;

// While one waits for the disk the next is on its way; more would be smaller, and all wait for the same disk.
const mostUnderWay = 2;

const readCommitted = { isolation: 'read-committed' } as const;

export function createJobSettlement(deps: {
  database: SqlDatabase;
  logger: Logger;
  news: JobNews;
}): JobSettlement {
  const { database, logger, news } = deps;
  let waiting: Settling[] = [];
  let underWay = 0;

  async function settleWaiting(): Promise<void> {
    // Jobs that end in this turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostAtOnce);
      waiting = waiting.slice(mostAtOnce);
      await settleBatch(batch);
    }
    underWay--;
  }

  async function settleBatch(batch: readonly Settling[]): Promise<void> {
    try {
      await store(batch);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      logger.warn({ err: error, jobs: batch.length }, 'outcomes of jobs are stored one by one');
      // One that cannot be stored must not keep back the others.
      for (const one of batch) await settleBatch([one]);
    }
  }

  async function store(batch: readonly HeldChange[]): Promise<void> {
    // What another worker wants to take over, several do.
    const sure = batch.every(({ expiredBefore }) => expiredBefore === undefined);
    if (!sure || !(await storeAll(batch))) await storeHeld(batch);
  }

  /**
   * Right under row locks: the update asks for the leases, and a lease is held once. So it may be made twice: the second
   * finds no lease. The news and the commit go with the update, for the way to the engine and back is most of their time;
   * false when a lease was lost: nothing is stored then.
   */
  async function storeAll(batch: readonly HeldChange[]): Promise<boolean> {
    try {
      await database.transaction(
        async (tx) => {
          const ended = batch.map(
            ({ held, change }): StoredJob => ({ ...held, job: { ...held.job, state: change.state } }),
          );
          const [stored] = await Promise.all([
            changeHeldJobs(tx, batch, { returnsEach: true }),
            news.finished(tx, ended.filter(isFinished)),
          ]);
          tell(tx, stored);
        },
        { ...readCommitted, statements: 'at-once' },
      );
      return true;
    } catch (error) {
      if (error instanceof RowsMissed) return false;
      throw error;
    }
  }

  async function storeHeld(batch: readonly HeldChange[]): Promise<void> {
    await database.transaction(async (tx) => {
      const stored = await changeHeldJobs(tx, batch);
      await news.finished(tx, stored.filter(isFinished));
      tell(tx, stored);
    }, readCommitted);
  }

  function tell(tx: SqlTransaction, stored: readonly StoredJob[]): void {
    news.stored(tx, stored.filter(isFinished));
    for (const one of stored) {
      if (!isFinished(one)) tx.announce('jobs', wakeMessage(one.job.kind, one.job.dueAt));
    }
  }

  return {
    settle(held, change, expiredBefore) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ held, change, expiredBefore, resolve, reject });
      if (underWay < mostUnderWay && waiting.length === 1) {
        underWay++;
        void settleWaiting();
      }
      return promise;
    },
  };
}
