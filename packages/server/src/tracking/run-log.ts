import type { RequestContext } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RunLog } from '../kernel/step-kind.ts';
import type { RunBatch } from './run.ts';

/** A run log whose calls are collected and written a few times a second. */
export interface BatchedRunLog extends RunLog {
  /** Ends the timer and hands over what is not written yet, for the caller's own transaction. Throws what a write threw. */
  finish(): Promise<readonly RunBatch[]>;
}

const maxMetrics = 1000;

/**
 * Collects what a step logs. Points carry the time of their call, so a batch may be written twice. A failed write is told
 * by `finish`, since `RunLog` has no one to tell.
 */
export function createRunLog(deps: {
  log: (context: RequestContext, runId: string, batch: RunBatch) => Promise<void>;
  clock: Clock;
  context: RequestContext;
  runId: string;
  /** Milliseconds between writes; 500 unless given. */
  interval?: number;
}): BatchedRunLog {
  let params: Record<string, string | number | boolean> = {};
  let tags: Record<string, string> = {};
  let metrics: { name: string; value: number; step: number; at: number }[] = [];
  let writing: Promise<void> = Promise.resolve();
  let failure: { error: unknown } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let finished = false;

  function take(): readonly RunBatch[] {
    const batches: RunBatch[] = [];
    if (Object.keys(params).length > 0 || Object.keys(tags).length > 0) batches.push({ params, tags });
    for (let start = 0; start < metrics.length; start += maxMetrics) {
      batches.push({ metrics: metrics.slice(start, start + maxMetrics) });
    }
    params = {};
    tags = {};
    metrics = [];
    return batches;
  }

  function write(): void {
    timer = undefined;
    const batches = take();
    writing = writing.then(async () => {
      try {
        for (const batch of batches) await deps.log(deps.context, deps.runId, batch);
      } catch (error) {
        failure ??= { error };
      }
    });
  }

  function changed(): void {
    // A step that logs after its end has nobody to write for it any more.
    if (finished) return;
    timer ??= setTimeout(write, deps.interval ?? 500).unref();
    if (metrics.length < maxMetrics) return;
    clearTimeout(timer);
    write();
  }

  return {
    params(values) {
      Object.assign(params, values);
      changed();
    },
    metrics(values, step = 0) {
      const at = deps.clock.now();
      for (const [name, value] of Object.entries(values)) metrics.push({ name, value, step, at });
      changed();
    },
    tags(values) {
      Object.assign(tags, values);
      changed();
    },
    async finish() {
      finished = true;
      clearTimeout(timer);
      await writing;
      if (failure !== undefined) throw failure.error;
      return take();
    },
  };
}
