import type { MonitoringDeps } from '../monitoring-deps.ts';
import { findNotification, insertNotification } from './notification-store.ts';

/** Puts into the inbox that an endpoint in development is used as production, and that it was frozen for it. */
export function tellOveruse(deps: Pick<MonitoringDeps, 'sql' | 'clock' | 'events' | 'logger'>): void {
  deps.events.subscribe(
    'endpoint.overused',
    'monitoring.sandboxes',
    async ({ id: event, workspace, payload }) => {
      const { endpoint, busyDays, frozen } = payload;
      const id = `ntf_${event}`;
      await deps.sql.transaction(async (tx) => {
        // An event may come twice.
        if ((await findNotification(tx, workspace, id)) !== undefined) return;
        await insertNotification(tx, workspace, {
          id,
          route: 'inbox',
          kind: 'endpoint',
          alertId: null,
          title: frozen
            ? `${endpoint} is frozen: it is used like production`
            : `${endpoint} is in development and used like production`,
          text: frozen
            ? `It was busy on ${busyDays} of the last 14 days and answers 503 now. Promote its model to an endpoint in production, or have an owner raise its limit.`
            : `It was busy on ${busyDays} of the last 14 days. It will be frozen when this goes on: promote its model to an endpoint in production.`,
          state: 'delivered',
          suppressedBecause: null,
          at: deps.clock.now(),
          acknowledgedAt: null,
          acknowledgedBy: null,
        });
      });
      deps.logger.warn({ endpoint, busyDays, frozen }, 'an endpoint in development is used like production');
    },
  );
}
