import { Worker } from 'node:worker_threads';
import { columnBuffers } from './column-buffers.ts';

/**
 * A thread for work that would hold up the event loop. The caller's side; the thread's side is `serveComputeWorker`.
 * State (binned data, a model) may stay in the thread between calls.
 */
export interface ComputeWorker {
  /** Calls a task and resolves with its result. Rejects with the task's error, or when the thread dies or is closed. */
  call<R>(task: string, input: unknown, options?: CallOptions): Promise<R>;
  close(): Promise<void>;
}

interface CallOptions {
  /** Columns in the input change hands instead of being copied; the caller must not read them afterwards. */
  readonly handOver?: boolean;
  readonly onProgress?: (share: number, message: string) => void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  readonly onProgress?: (share: number, message: string) => void;
}

export interface WorkerAnswer {
  readonly call: number;
  readonly progress?: { readonly share: number; readonly message: string };
  readonly result?: unknown;
  readonly error?: {
    readonly name: string;
    readonly message: string;
    readonly code?: string;
    readonly stack?: string;
  };
}

/** Starts a thread from a module that calls `serveComputeWorker`. Aborting the signal ends the thread at once. */
export function openComputeWorker(module: URL, signal?: AbortSignal): ComputeWorker {
  const worker = new Worker(module);
  const pending = new Map<number, Pending>();
  let calls = 0;
  let ended: Error | undefined;

  const end = (reason: Error): void => {
    ended ??= reason;
    for (const { reject } of pending.values()) reject(reason);
    pending.clear();
    signal?.removeEventListener('abort', abort);
  };
  const abort = (): void => {
    end(new Error('aborted'));
    void worker.terminate();
  };
  worker.on('message', (answer: WorkerAnswer) => settle(pending, answer));
  worker.on('error', end);
  worker.on('exit', () => end(new Error('the worker thread has ended')));
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort);

  return {
    call<R>(task: string, input: unknown, options: CallOptions = {}) {
      if (ended) return Promise.reject(ended);
      const call = ++calls;
      return new Promise<R>((resolve, reject) => {
        const { onProgress } = options;
        pending.set(call, {
          resolve: (value) => resolve(value as R),
          reject,
          ...(onProgress ? { onProgress } : {}),
        });
        worker.postMessage({ call, task, input }, options.handOver ? columnBuffers(input) : []);
      });
    },
    async close() {
      end(new Error('the worker thread was closed'));
      await worker.terminate();
    },
  };
}

/** An error of a task, rebuilt on the caller's side with its code. */
export class ComputeError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, stack: string | undefined) {
    super(message);
    this.name = 'ComputeError';
    this.code = code;
    if (stack) this.stack = stack;
  }
}

function settle(pending: Map<number, Pending>, answer: WorkerAnswer): void {
  const waiting = pending.get(answer.call);
  if (!waiting) return;
  if (answer.progress) {
    waiting.onProgress?.(answer.progress.share, answer.progress.message);
    return;
  }
  pending.delete(answer.call);
  if (answer.error)
    waiting.reject(new ComputeError(answer.error.message, answer.error.code, answer.error.stack));
  else waiting.resolve(answer.result);
}
