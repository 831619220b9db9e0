import type { Logger } from '../kernel/logger.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { JobNews } from './job-news.ts';
import { type ClaimedJob, changeHeldJob, type JobChange } from './job-store.ts';
import { wakeMessage } from './job-wake.ts';

/** Stores what jobs become. */
export interface JobSettlement {
  /**
   * Resolves when the outcome is stored, or when it turns out that the lease was lost: the job is then somebody else's.
   * Jobs that end in one turn of the event loop share a transaction. With `expiredBefore`, only if the lease is over.
   */
  settle(held: ClaimedJob, change: JobChange, expiredBefore?: number): Promise<void>;
}

interface Settling {
  readonly held: ClaimedJob;
  readonly change: JobChange;
  readonly expiredBefore: number | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

export function createJobSettlement(deps: {
  database: SqlDatabase;
  logger: Logger;
  news: JobNews;
}): JobSettlement {
  const { database, logger, news } = deps;
  let waiting: Settling[] = [];

  async function flush(): Promise<void> {
    const batch = waiting;
    waiting = [];
    try {
      await store(batch);
    } catch (error) {
      if (batch.length === 1) return batch[0]?.reject(error);
      logger.warn({ err: error, jobs: batch.length }, 'outcomes of jobs are stored one by one');
      // One that cannot be stored must not keep back the others.
      for (const one of batch) await store([one]).catch(one.reject);
    }
    for (const { resolve } of batch) resolve();
  }

  /** Right under row locks: every update asks for the lease, and a lease is held once. */
  async function store(batch: readonly Settling[]): Promise<void> {
    await database.transaction(
      async (tx) => {
        // Sent one behind the other without waiting in between: the way to the engine and back is most of their time.
        const stored = await Promise.allSettled(batch.map((settling) => storeOne(tx, settling)));
        for (const outcome of stored) if (outcome.status === 'rejected') throw outcome.reason;
      },
      { isolation: 'read-committed' },
    );
  }

  async function storeOne(tx: SqlTransaction, { held, change, expiredBefore }: Settling): Promise<void> {
    if (!(await changeHeldJob(tx, held, change, expiredBefore))) return;
    if (change.state === 'queued') tx.announce('jobs', wakeMessage(held.job.kind, change.runAt));
    else await news.finished(tx, held, change.state);
  }

  return {
    settle(held, change, expiredBefore) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ held, change, expiredBefore, resolve, reject });
      if (waiting.length === 1) setImmediate(() => void flush());
      return promise;
    },
  };
}
