import type { FeatureBatch } from '../engine/feature-batch.ts';
import type { ModelStream } from '../engine/model-stream.ts';
import { inferenceError } from '../inference-error.ts';
import type { PythonProcess } from './python-process.ts';

/** Processes that answer in pieces, apart from those that answer at once: a stream keeps one to itself until it ends. */
export interface StreamProcesses {
  /** Rejects from `next` with SERVER_OVERLOADED when as many streams run as there may be. */
  open(batch: FeatureBatch, model: string, timeoutMs: number): ModelStream;
  /** Streams that have begun and not ended. */
  running(): number;
  close(): void;
}

/** Nobody waits longer for a model that was told to stop. */
const cancelMs = 2_000;
/** A process without a stream for this long gives its memory back. */
const idleMs = 60_000;

export function createStreamProcesses(options: {
  readonly start: () => Promise<PythonProcess>;
  readonly maximum: number;
}): StreamProcesses {
  const idle = new Map<PythonProcess, NodeJS.Timeout>();
  const running = new Set<PythonProcess>();
  let taken = 0;

  async function take(model: string): Promise<PythonProcess> {
    for (const [process, timer] of idle) {
      clearTimeout(timer);
      idle.delete(process);
      if (!process.ended()) return process;
    }
    if (taken > options.maximum) throw inferenceError('SERVER_OVERLOADED', { model, retryAfterSeconds: 1 });
    return await options.start();
  }

  function giveBack(process: PythonProcess): void {
    running.delete(process);
    if (process.ended()) return;
    const timer = setTimeout(() => {
      idle.delete(process);
      process.kill();
    }, idleMs);
    timer.unref();
    idle.set(process, timer);
  }

  function open(batch: FeatureBatch, model: string, timeoutMs: number): ModelStream {
    let process: PythonProcess | undefined;
    let over = false;

    function end(): void {
      if (over) return;
      over = true;
      taken -= 1;
      if (process !== undefined) giveBack(process);
    }

    taken += 1;
    return {
      async next() {
        if (over) return undefined;
        try {
          const first = process === undefined;
          process ??= await take(model);
          running.add(process);
          const feeds = [...batch.feeds.values()];
          const piece = await inTime(process, timeoutMs, first ? process.stream(feeds) : process.nextPiece());
          if (piece === undefined) end();
          return piece && new Map(piece.map((tensor) => [tensor.name, tensor]));
        } catch (error) {
          end();
          if (process?.ended() === true)
            throw inferenceError('MODEL_TIMED_OUT', { model, timeoutMs, retryAfterSeconds: 1 }, error);
          throw error;
        }
      },
      cancel() {
        if (over || process === undefined) {
          end();
          return;
        }
        const told = process;
        inTime(told, cancelMs, told.endStream()).then(end, end);
      },
    };
  }

  return {
    open,
    running: () => taken,
    close() {
      for (const [process, timer] of idle) {
        clearTimeout(timer);
        process.kill();
      }
      for (const process of running) process.kill();
    },
  };
}

/** Ends the process when the answer does not come in time. */
async function inTime<T>(process: PythonProcess, timeoutMs: number, answer: Promise<T>): Promise<T> {
  const late = setTimeout(() => process.kill(), timeoutMs);
  try {
    return await answer;
  } finally {
    clearTimeout(late);
  }
}
