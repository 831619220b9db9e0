import type { ModelSignature } from '@esteira/contracts';
import { openComputeWorker } from '../../kernel/compute-worker.ts';

/** The values of one row by feature. */
export type FeatureRow = ReadonlyMap<string, number | string | null>;

/** What a model server answered to one row. */
export interface ModelAnswer {
  readonly status: number;
  /** From sending to the last byte. */
  readonly ms: number;
  readonly score: number | undefined;
  readonly version: string | undefined;
  readonly arm: string | undefined;
  readonly fallback: boolean;
  readonly fallbackReason: string;
  readonly error: string;
  /** Of the error. */
  readonly code: string | undefined;
}

/** Where a model server answers for an endpoint, and how it is asked. */
export interface ModelClientTarget {
  readonly httpUrl: string;
  readonly endpoint: string;
  readonly key: string;
  readonly signature: ModelSignature;
}

/** What became of the requests of a load. */
export interface LoadOutcome {
  /** Latencies in ms from when each request was due, in ascending order. */
  readonly times: Float64Array;
  /** Requests that were not answered by the model, by the code of their error. */
  readonly problems: Readonly<Record<string, number>>;
}

/** Asks an endpoint over real HTTP. */
export interface ModelClient {
  ask(row: FeatureRow): Promise<ModelAnswer>;
  /** Asks about the rows in turn at a constant rate, and waits for the last answer. */
  load(rows: readonly FeatureRow[], rate: { ratePerSecond: number; seconds: number }): Promise<LoadOutcome>;
  close(): void;
}

/**
 * A client of one endpoint on kept-alive connections. Never rejects for an HTTP error; does for a broken connection. It has
 * a thread of its own, so that what it measures is the model server and not what else this process is doing.
 */
export function createModelClient(target: ModelClientTarget): ModelClient {
  const thread = openComputeWorker(new URL('./model-client-worker.ts', import.meta.url));
  return {
    ask: (row) => thread.call<ModelAnswer>('ask', { target, row }),
    load: (rows, rate) => thread.call<LoadOutcome>('load', { target, rows, ...rate }),
    close: () => void thread.close(),
  };
}
