import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { gridOf, type StoredMonitor } from '../monitors/monitor.ts';
import { listMonitors } from '../monitors/monitor-store.ts';
import { windowStartOf } from './window-range.ts';

export const evaluateJobKind = 'monitoring.evaluate';

// A spool is shipped within seconds; rows that come later still change the window they belong to.
export const quietMs = 60_000;
const debounceMs = 5_000;

/** Puts evaluations into the queue. Each slot of time has a key of its own, so that many asks make one job. */
export interface EvaluationSchedule {
  /** Soon, because labels or predictions came; asks within a few seconds are one. */
  soon(tx: SqlTransaction, context: RequestContext, endpoint: string): Promise<void>;
  /** When the window that now runs is over. */
  atWindowEnd(tx: SqlTransaction, context: RequestContext, monitor: StoredMonitor): Promise<void>;
  /** At a time, ms. */
  at(tx: SqlTransaction, context: RequestContext, monitor: StoredMonitor, time: number): Promise<void>;
}

export function createEvaluationSchedule(
  deps: Pick<MonitoringDeps, 'jobs' | 'clock' | 'debounceMs'>,
): EvaluationSchedule {
  const { jobs, clock } = deps;
  const debounce = deps.debounceMs ?? debounceMs;

  async function enqueue(
    tx: SqlTransaction,
    context: RequestContext,
    monitor: StoredMonitor,
    key: string,
    runAt: number,
  ): Promise<void> {
    if (monitor.settings.paused) return;
    await jobs.enqueue(tx, context, {
      kind: evaluateJobKind,
      payload: { monitor: monitor.name },
      key: `${evaluateJobKind}:${monitor.id}:${key}`,
      maxAttempts: 3,
      runAt,
    });
  }

  return {
    async soon(tx, context, endpoint) {
      // The next slot's beginning, so that an ask after a job has begun is not swallowed by it.
      const slot = Math.floor(clock.now() / debounce) + 1;
      for (const monitor of await listMonitors(tx, context.workspace, { endpoint }))
        await enqueue(tx, context, monitor, `news:${slot}`, slot * debounce);
    },

    async atWindowEnd(tx, context, monitor) {
      const grid = gridOf(monitor.settings);
      const end = windowStartOf(grid, clock.now()) + grid.size + quietMs;
      await enqueue(tx, context, monitor, `end:${end}`, end);
    },

    async at(tx, context, monitor, time) {
      const slot = Math.ceil(time / debounce);
      await enqueue(tx, context, monitor, `quiet:${slot}`, slot * debounce);
    },
  };
}
