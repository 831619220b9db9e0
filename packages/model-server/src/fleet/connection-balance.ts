import type { Connections } from './fleet-words.ts';

interface Held {
  /** Tells this start of a process from those before. */
  readonly pid: number;
  readonly connections: Connections;
}

export interface ConnectionBalance {
  /**
   * Asked at even intervals with what every process holds that listens. How many connections each is to part with, in the same
   * order; undefined when it is not the time to part with any.
   */
  judge(held: readonly Held[]): readonly Connections[] | undefined;
}

/** A few more than its share are nobody's burden; to part with one costs its client a new one. */
const leastSurplus = 2;
const surplusOfShare = 0.25;
/** Until clients have come again and what is held then has been told. */
const firstPauseMs = 400;
const longestPauseMs = 5 * 60_000;

/**
 * A process that was started last has no connections, since those that clients keep stay where they are: the next death of one
 * that has them all would fail them all. Those that hold more than their share part with what is above it. Who takes a connection
 * is chance, so it goes on until the shares are about even, at longer and longer intervals where they do not become so.
 */
export function createConnectionBalance(deps: { readonly monotonic: () => number }): ConnectionBalance {
  let members = '';
  let pauseMs = firstPauseMs;
  let next = Number.NEGATIVE_INFINITY;

  function beginAnew(): void {
    pauseMs = firstPauseMs;
    next = Number.NEGATIVE_INFINITY;
  }

  return {
    judge(held) {
      const now = deps.monotonic();
      const found = held.map(({ pid }) => pid).join();
      if (found !== members) beginAnew();
      members = found;
      const rest = surpluses(held.map(({ connections }) => connections.rest));
      const grpc = surpluses(held.map(({ connections }) => connections.grpc));
      if ([...rest, ...grpc].every((count) => count === 0)) {
        // What is uneven after that is uneven for another reason.
        beginAnew();
        return undefined;
      }
      if (now < next) return undefined;
      next = now + pauseMs;
      pauseMs = Math.min(longestPauseMs, 2 * pauseMs);
      return held.map((_, at) => ({ rest: rest[at] ?? 0, grpc: grpc[at] ?? 0 }));
    },
  };
}

function surpluses(counts: readonly number[]): readonly number[] {
  const share = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const most = Math.max(leastSurplus, surplusOfShare * share);
  return counts.map((count) => (count - share > most ? Math.round(count - share) : 0));
}
