import type { PredictionSpool } from './prediction-spool.ts';
import { createShippingPause } from './shipping-pause.ts';

/** Brings what is spooled to the control plane, in order, as often as it takes. */
export interface SpoolShipper {
  /** Resolves when all that was spooled at the call has been acknowledged; for a clean stop. */
  drain(timeoutMs: number): Promise<boolean>;
  stop(): void;
}

const chunkBytes = 4 * 1024 * 1024;
const longestPauseMs = 5_000;

/**
 * Ships chunks of whole lines from the acknowledged offset on. `send` returns the offset up to which the control plane has
 * everything, which may differ from what was asked when an answer was lost on its way. Batches for `pauseMs` at least; see
 * `createShippingPause`.
 */
export function startSpoolShipper(deps: {
  readonly spool: PredictionSpool;
  readonly send: (offset: number, lines: Buffer) => Promise<number>;
  readonly pauseMs: number;
  readonly onProblem: (error: unknown) => void;
}): SpoolShipper {
  const { spool } = deps;
  const pause = createShippingPause({ pauseMs: deps.pauseMs, monotonic: () => performance.now() });
  let timer: NodeJS.Timeout | undefined;
  let busy = false;
  let stopped = false;
  let failures = 0;
  let listeners: (() => void)[] = [];
  spool.onAppend(() => schedule(pause.next()));
  schedule(0);

  function schedule(delayMs: number): void {
    if (stopped || busy || timer !== undefined || spool.acknowledged() >= spool.end()) return;
    timer = setTimeout(() => void ship(), delayMs);
    timer.unref();
  }

  async function ship(): Promise<void> {
    timer = undefined;
    if (busy || stopped) return;
    busy = true;
    try {
      const offset = spool.acknowledged();
      const lines = spool.read(offset, chunkBytes);
      pause.shipped(lines.length);
      if (lines.length > 0) spool.acknowledge(await deps.send(offset, lines));
      failures = 0;
      for (const listener of listeners) listener();
    } catch (error) {
      failures += 1;
      if (failures === 1) deps.onProblem(error);
    } finally {
      busy = false;
      schedule(failures === 0 ? pauseBefore() : Math.min(longestPauseMs, 100 * 2 ** Math.min(failures, 6)));
    }
  }

  /** A backlog is shipped without a pause. */
  function pauseBefore(): number {
    return spool.end() - spool.acknowledged() >= chunkBytes / 4 ? 0 : pause.next();
  }

  return {
    async drain(timeoutMs) {
      const target = spool.end();
      if (spool.acknowledged() >= target) return true;
      clearTimeout(timer);
      timer = undefined;
      void ship();
      return await new Promise((resolve) => {
        const finish = (done: boolean): void => {
          clearTimeout(limit);
          listeners = listeners.filter((listener) => listener !== check);
          resolve(done);
        };
        const check = (): void => {
          if (spool.acknowledged() >= target) finish(true);
        };
        const limit = setTimeout(() => finish(false), timeoutMs);
        listeners.push(check);
      });
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
