import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';

/**
 * Tells waiters in every process that something about a workspace's serving may have changed: a revision, a status, new
 * predictions. A waiter looks for itself, so a lost or needless call does no harm.
 */
export interface ServingNews {
  /** After the commit of the transaction. */
  announce(tx: SqlTransaction, workspace: string): void;
  /** Calls back for every workspace that is announced. */
  listen(listener: (workspace: string) => void): () => void;
  /**
   * Asks `look` until it gives something: at once, after each announcement, and every few seconds in case one was lost. Undefined when the time is over. Rejects with the signal's reason when it aborts.
   */
  waitFor<T>(
    workspace: string,
    look: () => Promise<T | undefined>,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<T | undefined>;
}

const safetyPollMs = 2_000;

export function createServingNews(sql: Pick<SqlDatabase, 'listen'>): ServingNews {
  const listeners = new Map<string, Set<() => void>>();
  sql.listen('serving', (workspace) => {
    // Empty when announcements may have been missed.
    const woken = workspace === '' ? [...listeners.values()] : [listeners.get(workspace) ?? new Set()];
    for (const listener of woken.flatMap((set) => [...set])) listener();
  });

  function nextNews(
    workspace: string,
    limitMs: number,
    signal: AbortSignal | undefined,
  ): { promise: Promise<void>; forget(): void } {
    let forget = (): void => {};
    const promise = new Promise<void>((resolve) => {
      const set = listeners.get(workspace) ?? new Set();
      listeners.set(workspace, set);
      const timer = setTimeout(done, limitMs);
      function done(): void {
        forget();
        resolve();
      }
      forget = (): void => {
        clearTimeout(timer);
        set.delete(done);
        signal?.removeEventListener('abort', done);
      };
      set.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
    return { promise, forget: () => forget() };
  }

  return {
    announce: (tx, workspace) => tx.announce('serving', workspace),
    listen: (listener) => sql.listen('serving', listener),
    async waitFor(workspace, look, { timeoutMs, signal }) {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        signal?.throwIfAborted();
        // Listening begins before looking, so that what happens meanwhile is not missed.
        const left = deadline - performance.now();
        const news = nextNews(workspace, Math.max(0, Math.min(left, safetyPollMs)), signal);
        try {
          const found = await look();
          if (found !== undefined) return found;
          if (left <= 0) return undefined;
          await news.promise;
        } finally {
          news.forget();
        }
      }
    },
  };
}
