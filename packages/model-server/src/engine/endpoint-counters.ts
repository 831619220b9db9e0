import { latencyBucket } from '@esteira/contracts';

/** Counts of one endpoint since the start of the process; they outlive its revisions. */
export interface EndpointCounters {
  /** One answer of an arm: its rows, how it ended, and its latency in ms. */
  count(arm: string, predictor: string, rows: number, status: string, latencyMs: number): void;
  /** Numbers for rows that are about to be logged; returns the first. */
  allot(rows: number): number;
  /** The rows could not be logged, so they were not answered: their numbers are free again. */
  giveBack(rows: number): void;
  shadowDropped(): void;
  read(): { answered: number; shadowDropped: number; arms: ArmCount[] };
  /** Milliseconds that the answers of each arm took together. */
  latencySums(): ReadonlyMap<string, number>;
}

interface ArmCount {
  arm: string;
  predictor: string;
  requests: number;
  rows: number;
  errors: number;
  fallbacks: number;
  latency: Record<string, number>;
}

export function createEndpointCounters(): EndpointCounters {
  const arms = new Map<string, ArmCount>();
  const latencySums = new Map<string, number>();
  let answered = 0;
  let shadowDropped = 0;
  return {
    count(arm, predictor, rows, status, latencyMs) {
      const key = `${arm} ${predictor}`;
      let entry = arms.get(key);
      if (entry === undefined) {
        entry = { arm, predictor, requests: 0, rows: 0, errors: 0, fallbacks: 0, latency: {} };
        arms.set(key, entry);
      }
      entry.requests += 1;
      entry.rows += rows;
      if (status === 'error') entry.errors += 1;
      if (status === 'fallback') entry.fallbacks += 1;
      latencySums.set(arm, (latencySums.get(arm) ?? 0) + latencyMs);
      const bucket = String(latencyBucket(latencyMs));
      entry.latency[bucket] = (entry.latency[bucket] ?? 0) + 1;
    },
    allot(rows) {
      const first = answered + 1;
      answered += rows;
      return first;
    },
    giveBack(rows) {
      answered -= rows;
    },
    shadowDropped() {
      shadowDropped += 1;
    },
    latencySums: () => latencySums,
    read: () => ({
      answered,
      shadowDropped,
      arms: [...arms.values()].map((entry) => ({ ...entry, latency: { ...entry.latency } })),
    }),
  };
}
