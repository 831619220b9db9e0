import { latencyBucket, latencyQuantile } from '@esteira/contracts';
import type { SoakRequest } from './soak-load.ts';

/** What a process that was killed under load left behind. */
export interface KillOutcome {
  /** Sent and not answered at that moment, by all processes. */
  readonly inFlight: number;
  /** Requests that failed on connections from before the kill: a caller learns of the end of one by using it. */
  readonly failed: number;
  /** Of the requests that were answered around the kill, from when they were due. */
  readonly answered: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number;
}

export interface KillWatch {
  /** A process is killed now; `inFlight` requests are on their way. */
  killed(inFlight: number): void;
  see(request: SoakRequest): void;
  outcomes(): readonly KillOutcome[];
  /** Failed requests that no kill explains. */
  unexplained(): number;
}

interface Kill {
  readonly at: number;
  readonly inFlight: number;
  failed: number;
  answered: number;
  maxMs: number;
  readonly latency: Record<string, number>;
}

/** How long after it something may still come of a kill, in ms; kills are further apart. */
export const unsettledMs = 2_000;

/** Looks at requests as they end and keeps counts alone, however long it is. */
export function createKillWatch(monotonic: () => number): KillWatch {
  const kills: Kill[] = [];
  let unexplained = 0;
  return {
    killed(inFlight) {
      kills.push({ at: monotonic(), inFlight, failed: 0, answered: 0, maxMs: 0, latency: {} });
    },
    see({ due, ms, problem, connectedAt = Number.POSITIVE_INFINITY }) {
      const kill = kills.findLast(({ at }) => due + ms >= at && due <= at + unsettledMs);
      if (problem !== undefined) {
        if (kill !== undefined && connectedAt <= kill.at) kill.failed += 1;
        else unexplained += 1;
      } else if (kill !== undefined) {
        const bucket = latencyBucket(ms);
        kill.answered += 1;
        kill.maxMs = Math.max(kill.maxMs, ms);
        kill.latency[bucket] = (kill.latency[bucket] ?? 0) + 1;
      }
    },
    outcomes: () =>
      kills.map(({ inFlight, failed, answered, maxMs, latency }) => ({
        ...{ inFlight, failed, answered },
        ...{ p50Ms: latencyQuantile(latency, 0.5), p99Ms: latencyQuantile(latency, 0.99), maxMs },
      })),
    unexplained: () => unexplained,
  };
}
