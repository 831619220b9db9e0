import { setTimeout as sleep } from 'node:timers/promises';
import { latencyBucket, latencyQuantile } from '@esteira/contracts';
import {
  keepConnections,
  prepareRequest,
} from '../../packages/server/src/serving/trials/kept-connections.ts';
import { type EndedRequest, runOpenLoop } from '../../packages/server/src/serving/trials/open-loop.ts';

/** What became of the requests of one phase. Latencies in ms, from when a request was due. */
export interface PhaseLoad {
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly requests: number;
  readonly answered: number;
  readonly problems: Readonly<Record<string, number>>;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number;
}

/** A request, and when its connection was begun, in ms of the monotonic clock; undefined while it never got one. */
export interface SoakRequest extends EndedRequest {
  readonly connectedAt: number | undefined;
}

/** Puts one-row questions to an endpoint over kept-alive connections. */
export interface SoakLoad {
  /** Resolves when the endpoint and the key are known. */
  ready(): Promise<void>;
  /** Requests per second that so many callers get who ask without a pause. */
  peak(callers: number, seconds: number): Promise<number>;
  /** Load at a constant rate for as long as something goes on. */
  during(
    ratePerSecond: number,
    action: Promise<unknown>,
    onEnd?: (request: SoakRequest) => void,
  ): Promise<PhaseLoad>;
  /** Requests begun that have not ended. */
  inFlight(): number;
  /** Answers so far, over everything. */
  answered(): number;
  close(): void;
}

/** Requests that were due and wait for an answer: some minutes of load, so that a stall is counted and not left out. */
const mostWaiting = 500_000;
const mostConnections = 64;
const longestSeconds = 24 * 3_600;

export function createSoakLoad(target: {
  readonly url: string;
  readonly endpoint: string;
  readonly key: string;
  readonly features: number;
}): SoakLoad {
  const url = new URL(`/v2/models/${target.endpoint}/infer`, target.url);
  const headers = { authorization: `Bearer ${target.key}`, 'content-type': 'application/json' };
  const requests = Array.from({ length: 100 }, (_, row) => {
    const data = Array.from({ length: target.features }, (_value, feature) => (row * 7 + feature * 3) % 10);
    const inputs = [{ name: 'X', shape: [1, data.length], datatype: 'FP32', data }];
    return prepareRequest(url, headers, JSON.stringify({ inputs }));
  });
  const connections = keepConnections(url, { most: mostConnections });
  let inFlight = 0;
  let answered = 0;

  async function send(index: number, onConnection?: (at: number) => void): Promise<string | undefined> {
    const request = requests[index % requests.length] ?? Buffer.alloc(0);
    let sent = 0;
    try {
      const { status, text } = await connections.send(request, (begunAt) => {
        sent = 1;
        inFlight += 1;
        onConnection?.(begunAt);
      });
      if (status !== 200) return codeIn(text);
      answered += 1;
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'BROKEN_ANSWER';
    } finally {
      inFlight -= sent;
    }
  }

  return {
    async ready() {
      for (let tries = 0; tries < 600; tries++) {
        if ((await send(tries)) === undefined) return;
        await sleep(100);
      }
      throw new Error(`The endpoint ${target.endpoint} does not answer.`);
    },

    async peak(callers, seconds) {
      const until = performance.now() + seconds * 1_000;
      let requests = 0;
      const caller = async (): Promise<void> => {
        for (; performance.now() < until; requests++) {
          const problem = await send(requests);
          if (problem !== undefined) throw new Error(`A request failed before the soak began: ${problem}`);
        }
      };
      await Promise.all(Array.from({ length: callers }, caller));
      return requests / seconds;
    },

    async during(ratePerSecond, action, onEnd) {
      const ending = new AbortController();
      const began = performance.now();
      const latency: Record<string, number> = {};
      const problems: Record<string, number> = {};
      const connectedAt = new Map<number, number>();
      let requests = 0;
      let answers = 0;
      let maxMs = 0;
      const load = runOpenLoop({
        ratePerSecond,
        seconds: longestSeconds,
        send: (index) => send(index, (at) => connectedAt.set(index, at)),
        mostWaiting,
        signal: ending.signal,
        onEnd(request) {
          const { index, ms, problem } = request;
          requests += 1;
          if (problem === undefined) {
            answers += 1;
            maxMs = Math.max(maxMs, ms);
            const bucket = latencyBucket(ms);
            latency[bucket] = (latency[bucket] ?? 0) + 1;
          } else problems[problem] = (problems[problem] ?? 0) + 1;
          onEnd?.({ ...request, connectedAt: connectedAt.get(index) });
          connectedAt.delete(index);
        },
      });
      try {
        await action;
      } finally {
        ending.abort();
        await load;
      }
      return {
        ratePerSecond: Math.round(ratePerSecond),
        seconds: Math.round((performance.now() - began) / 1_000),
        requests,
        answered: answers,
        problems,
        p50Ms: latencyQuantile(latency, 0.5),
        p95Ms: latencyQuantile(latency, 0.95),
        p99Ms: latencyQuantile(latency, 0.99),
        maxMs,
      };
    },

    inFlight: () => inFlight,
    answered: () => answered,
    close: () => connections.close(),
  };
}

/** The code of an error in the body of the Open Inference Protocol. */
function codeIn(text: string): string {
  try {
    return String((JSON.parse(text) as { code?: string }).code);
  } catch {
    return 'NO_JSON';
  }
}
