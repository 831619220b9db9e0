import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';

/** The small numbers that stand for the metrics of runs, as far as this process knows them. */
export interface MetricSeries {
  /** Undefined when it has to be looked up. */
  known(runId: string, name: string): number | undefined;
  /** Remembers what is committed; a number never stands for another metric. */
  remember(runId: string, name: string, id: number): void;
  /** A number for a new series: they grow with time, so that the points of a run lie near each other. */
  next(): number;
  /** For a batch of points in the journal: ids sort by time, and `writer` is this process. */
  nextBatch(): { readonly id: string; readonly writer: string; readonly at: number };
}

const epoch = Date.UTC(2024, 0, 1);
// Leaves 41 bits for milliseconds of the 53 that a number holds exactly: enough for 69 years.
const perMillisecond = 4096;
const runsRemembered = 2000;

/**
 * Processes on one database start from numbers of their own within a millisecond. Where two meet all the same, the primary
 * key refuses the second, and the next try takes another.
 */
export function createMetricSeries(deps: { clock: Clock; ids: IdGenerator }): MetricSeries {
  const byRun = new Map<string, Map<string, number>>();
  const start = Number.parseInt(deps.ids.next('series').slice(-4), 36) % perMillisecond;
  const writer = deps.ids.next('writer');
  let last = 0;
  return {
    known: (runId, name) => byRun.get(runId)?.get(name),
    remember(runId, name, id) {
      const names = byRun.get(runId) ?? new Map<string, number>();
      names.set(name, id);
      byRun.set(runId, names);
      if (byRun.size <= runsRemembered) return;
      for (const oldest of byRun.keys()) {
        byRun.delete(oldest);
        break;
      }
    },
    next() {
      last = Math.max(last + 1, (deps.clock.now() - epoch) * perMillisecond + start);
      return last;
    },
    nextBatch: () => ({ id: deps.ids.next('mb'), writer, at: deps.clock.now() }),
  };
}
