import type { AlertSignal } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import { findAlertRoute, type StoredAlertRoute, saveAlertRoute } from './alert-route-store.ts';
import {
  acknowledgeNotification,
  findNotification,
  insertNotification,
  type StoredNotification,
  withdrawTests,
} from './notification-store.ts';
import { endSilence, insertSilence, listSilences, type StoredSilence } from './silence-store.ts';

type Deps = Pick<MonitoringDeps, 'sql' | 'clock' | 'ids' | 'logger' | 'audit'>;

/** Where alerts go, whether somebody is there, and when they are held back. */
export interface AlertRoutesService {
  /** A route that changes has to be tested again. */
  put(context: RequestContext, name: string, kind: StoredAlertRoute['kind']): Promise<StoredAlertRoute>;
  /** Sends a message to be acknowledged. Throws ALERT_ROUTE_NOT_FOUND. */
  test(context: RequestContext, name: string): Promise<StoredNotification>;
  /** Throws NOTIFICATION_NOT_FOUND. */
  acknowledge(context: RequestContext, id: string): Promise<StoredNotification>;
  silence(context: RequestContext, request: SilenceRequest): Promise<StoredSilence>;
  /** Throws SILENCE_NOT_FOUND. */
  endSilence(context: RequestContext, id: string): Promise<StoredSilence>;
}

interface SilenceRequest {
  readonly monitor?: string | undefined;
  readonly signal?: AlertSignal | undefined;
  readonly reason: string;
  readonly startsAt?: number | undefined;
  readonly endsAt: number | null;
}

export function createAlertRoutesService(deps: Deps): AlertRoutesService {
  const { sql, clock, ids, audit } = deps;
  return {
    put: (context, name, kind) =>
      sql.transaction(async (tx) => {
        const { workspace, actor } = context;
        const before = await findAlertRoute(tx, workspace, name);
        if (before?.kind === kind) return before;
        const route: StoredAlertRoute = {
          name,
          kind,
          acknowledgedTestAt: null,
          createdBy: actor.id,
          createdAt: clock.now(),
        };
        await saveAlertRoute(tx, workspace, route);
        await withdrawTests(tx, workspace, name, 'the route was changed after it was sent');
        await audit.record(tx, context, {
          action: 'monitoring.alert-route.put',
          subject: { kind: 'alert-route', id: name },
          details: { kind },
        });
        return route;
      }),

    test: (context, name) =>
      sql.transaction(async (tx) => {
        const { workspace, actor } = context;
        const route = await findAlertRoute(tx, workspace, name);
        if (!route) throw esteiraError('ALERT_ROUTE_NOT_FOUND', { name });
        const notification: StoredNotification = {
          id: ids.next('ntf'),
          route: name,
          kind: 'test',
          alertId: null,
          title: `Test message of the alert route ${name}`,
          text: `${actor.name} asks whether alerts that go here are received. Acknowledge this message to say so.`,
          state: 'delivered',
          suppressedBecause: null,
          at: clock.now(),
          acknowledgedAt: null,
          acknowledgedBy: null,
        };
        await insertNotification(tx, workspace, notification);
        if (route.kind === 'log') {
          tx.afterCommit(() =>
            deps.logger.warn(
              { route: name, notificationId: notification.id },
              'a test message to be acknowledged',
            ),
          );
        }
        return notification;
      }),

    acknowledge: (context, id) =>
      sql.transaction(async (tx) => {
        const { workspace, actor } = context;
        const notification = await findNotification(tx, workspace, id);
        if (!notification) throw esteiraError('NOTIFICATION_NOT_FOUND', { id });
        if (notification.state === 'acknowledged') return notification;
        const at = clock.now();
        await acknowledgeNotification(tx, workspace, id, { at, by: actor.name });
        const route = await findAlertRoute(tx, workspace, notification.route);
        // A message sent before the route was changed proves nothing about the new one.
        if (notification.kind === 'test' && notification.state === 'delivered' && route)
          await saveAlertRoute(tx, workspace, { ...route, acknowledgedTestAt: at });
        await audit.record(tx, context, {
          action: 'monitoring.notification.acknowledged',
          subject: { kind: 'notification', id },
          details: { route: notification.route, kind: notification.kind },
        });
        return { ...notification, state: 'acknowledged', acknowledgedAt: at, acknowledgedBy: actor.name };
      }),

    silence: (context, request) =>
      sql.transaction(async (tx) => {
        const { workspace, actor } = context;
        const silence: StoredSilence = {
          id: ids.next('sil'),
          monitor: request.monitor ?? null,
          signal: request.signal ?? null,
          reason: request.reason,
          owner: actor.name,
          startsAt: request.startsAt ?? clock.now(),
          endsAt: request.endsAt,
        };
        await insertSilence(tx, workspace, silence);
        await audit.record(tx, context, {
          action: 'monitoring.silence.created',
          subject: { kind: 'silence', id: silence.id },
          details: { monitor: silence.monitor, signal: silence.signal, endsAt: silence.endsAt },
        });
        return silence;
      }),

    endSilence: (context, id) =>
      sql.transaction(async (tx) => {
        const { workspace } = context;
        const now = clock.now();
        const silence = (await listSilences(tx, workspace, now)).find((one) => one.id === id);
        if (!silence) throw esteiraError('SILENCE_NOT_FOUND', { id });
        await endSilence(tx, workspace, id, now);
        await audit.record(tx, context, {
          action: 'monitoring.silence.ended',
          subject: { kind: 'silence', id },
        });
        return { ...silence, endsAt: now };
      }),
  };
}
