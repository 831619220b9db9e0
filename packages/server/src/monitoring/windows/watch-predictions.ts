import type { Actor } from '../../kernel/actor.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { gridOf, type StoredMonitor } from '../monitors/monitor.ts';
import { listMonitors } from '../monitors/monitor-store.ts';
import { type EvaluationSchedule, quietMs } from './evaluation-schedule.ts';
import { windowStartOf } from './window-range.ts';

/** Times of predictions that came, ms. */
interface LoggedTimes {
  readonly firstTime: number;
  readonly lastTime: number;
}

/** Evaluates soon when predictions close a window or come late into one, and later when a stream of old ones ends. */
export function watchPredictions(
  deps: Pick<MonitoringDeps, 'sql' | 'clock' | 'ids' | 'events'> & { readonly schedule: EvaluationSchedule },
  actor: Actor,
): void {
  const { sql, clock, schedule } = deps;
  deps.events.subscribe('predictions.logged', 'monitoring.windows', async ({ workspace, payload }) => {
    const monitors = await listMonitors(sql, workspace, { endpoint: payload.endpoint });
    if (monitors.length === 0) return;
    const now = clock.now();
    const context = { workspace, actor, requestId: deps.ids.next('req') };
    await sql.transaction(async (tx) => {
      if (monitors.some((monitor) => changesClosedWindow(monitor, payload)))
        await schedule.soon(tx, context, payload.endpoint);
      for (const monitor of monitors) {
        // The window that runs now has its own timer.
        if (windowEnds(monitor, payload.lastTime) <= now)
          await schedule.at(tx, context, monitor, now + quietMs);
      }
    });
  });
}

function changesClosedWindow(monitor: StoredMonitor, { firstTime, lastTime }: LoggedTimes): boolean {
  if (monitor.watermark === undefined) return true;
  const open = windowStartOf(gridOf(monitor.settings), monitor.watermark);
  return firstTime < open || windowStartOf(gridOf(monitor.settings), lastTime) > open;
}

function windowEnds(monitor: StoredMonitor, time: number): number {
  const grid = gridOf(monitor.settings);
  return windowStartOf(grid, time) + grid.size;
}
