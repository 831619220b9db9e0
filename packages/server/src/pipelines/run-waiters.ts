import type { SqlDatabase } from '../storage/sql/sql-database.ts';

/** Those who wait in this process for runs to end, whichever process ends them. */
export interface RunWaiters {
  /**
   * `news` resolves when the end of the run is announced, or after a while in case that was lost, and rejects when `signal`
   * aborts; `leave` must be called in the end.
   */
  join(pipelineRunId: string, signal?: AbortSignal): { readonly news: Promise<void>; leave(): void };
}

const safetyPollMs = 5_000;

export function createRunWaiters(sql: Pick<SqlDatabase, 'listen'>): RunWaiters {
  const waiting = new Map<string, Set<() => void>>();
  sql.listen('pipelines', (id) => {
    // Empty when announcements may have been missed.
    const woken = id === '' ? [...waiting.values()] : [waiting.get(id) ?? new Set()];
    for (const resolve of woken.flatMap((set) => [...set])) resolve();
  });
  return {
    join(id, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      // Nobody may be listening yet when the signal aborts.
      promise.catch(() => undefined);
      const timer = setTimeout(resolve, safetyPollMs);
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      const others = waiting.get(id) ?? new Set();
      waiting.set(id, others.add(resolve));
      return {
        news: promise,
        leave() {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          others.delete(resolve);
          if (others.size === 0 && waiting.get(id) === others) waiting.delete(id);
        },
      };
    },
  };
}
