/** Those who wait in this process for jobs to finish, whoever runs them. */
export interface JobWaiters {
  /** Resolves when the job is announced or after `fallbackMs`; rejects when `signal` aborts. `leave` ends the wait. */
  wait(
    id: string,
    fallbackMs: number,
    signal: AbortSignal | undefined,
  ): { changed: Promise<void>; leave(): void };
  /** Wakes those who wait for the job; all of them when `id` is empty. */
  announce(id: string): void;
}

export function createJobWaiters(): JobWaiters {
  const waiting = new Map<string, Set<() => void>>();

  return {
    wait(id, fallbackMs, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      // The signal may abort while whoever waits still reads, and so does not look at the promise yet.
      promise.catch(() => undefined);
      const here = waiting.get(id) ?? new Set();
      waiting.set(id, here);
      const timer = setTimeout(resume, fallbackMs);
      const abort = () => {
        leave();
        reject(signal?.reason);
      };
      here.add(resume);
      signal?.addEventListener('abort', abort, { once: true });

      function resume(): void {
        leave();
        resolve();
      }
      function leave(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        here.delete(resume);
        if (here.size === 0 && waiting.get(id) === here) waiting.delete(id);
      }
      return { changed: promise, leave };
    },

    announce(id) {
      const woken =
        id === '' ? [...waiting.values()].flatMap((set) => [...set]) : [...(waiting.get(id) ?? [])];
      for (const resume of woken) resume();
    },
  };
}
