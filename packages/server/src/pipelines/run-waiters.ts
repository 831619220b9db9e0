/** Those who wait in this process for runs to end. */
export interface RunWaiters {
  announce(pipelineRunId: string): void;
  /** `ended` resolves when the run is announced and rejects when `signal` aborts; `leave` must be called in the end. */
  join(pipelineRunId: string, signal?: AbortSignal): { readonly ended: Promise<void>; leave(): void };
}

export function createRunWaiters(): RunWaiters {
  const waiting = new Map<string, Set<() => void>>();
  return {
    announce(id) {
      for (const resolve of waiting.get(id) ?? []) resolve();
    },
    join(id, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      // Nobody may be listening yet when the signal aborts.
      promise.catch(() => undefined);
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      const others = waiting.get(id) ?? new Set();
      waiting.set(id, others.add(resolve));
      return {
        ended: promise,
        leave() {
          signal?.removeEventListener('abort', abort);
          others.delete(resolve);
          if (others.size === 0 && waiting.get(id) === others) waiting.delete(id);
        },
      };
    },
  };
}
