import { setTimeout as sleep } from 'node:timers/promises';

/** A request of the load. */
export interface EndedRequest {
  readonly index: number;
  /** When it was to be sent, in ms of the monotonic clock. */
  readonly due: number;
  /** How long after that it ended. */
  readonly ms: number;
  readonly problem: string | undefined;
}

/** Requests at a constant rate, whatever becomes of those before. */
export interface OpenLoop {
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Sends one request; resolves with what went wrong, or undefined. Must not reject. */
  readonly send: (index: number) => Promise<string | undefined>;
  /** Told of every request once. */
  readonly onEnd: (request: EndedRequest) => void;
  /** Requests that may wait for an answer at once; one that is due beyond them ends as `NOT_SENT`. */
  readonly mostWaiting: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs the load and waits for its last answer. The latency of a request is counted from when it was due, so that a server
 * that stalls is charged for everything that came meanwhile (no coordinated omission: G. Tene, "How NOT to measure latency").
 */
export async function runOpenLoop(load: OpenLoop): Promise<void> {
  const began = performance.now();
  const total = Math.floor(load.ratePerSecond * load.seconds);
  const idle = Promise.withResolvers<void>();
  let waiting = 0;
  let sent = 0;
  let over = false;

  async function one(index: number): Promise<void> {
    const due = began + (index * 1000) / load.ratePerSecond;
    const end = (problem: string | undefined): void =>
      load.onEnd({ index, due, ms: performance.now() - due, problem });
    if (waiting >= load.mostWaiting) return end('NOT_SENT');
    waiting += 1;
    const problem = await load.send(index);
    waiting -= 1;
    end(problem);
    if (over && waiting === 0) idle.resolve();
  }

  while (sent < total && load.signal?.aborted !== true) {
    const due = Math.min(total, Math.floor(((performance.now() - began) * load.ratePerSecond) / 1000) + 1);
    for (; sent < due; sent++) void one(sent);
    await sleep(1);
  }
  over = true;
  if (waiting > 0) await idle.promise;
}
