import type { AlertSignal, AlertState } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { MonitoringDeps } from '../monitoring-deps.ts';
import type { StoredMonitor } from '../monitors/monitor.ts';
import {
  acknowledgeSignal,
  closeSignal,
  type Observation,
  observeWindow,
  type Transition,
} from './alert-machine.ts';
import { findAlertRoute } from './alert-route-store.ts';
import {
  findAlert,
  insertTransition,
  listSignals,
  quiet,
  type StoredAlert,
  saveAlert,
  saveSignal,
} from './alert-store.ts';
import { insertNotification, listNotifications } from './notification-store.ts';
import { listSilences } from './silence-store.ts';
import { suppressionOf } from './suppression.ts';

type Deps = Pick<MonitoringDeps, 'sql' | 'clock' | 'ids' | 'logger' | 'events' | 'audit'>;

/** The window observations are about. */
interface ObservedWindow {
  readonly start: number;
  readonly end: number;
  /** What each signal's alert says: `column x: 0.4 is above the limit of 0.1`. */
  readonly summaries: ReadonlyMap<AlertSignal, string>;
}

export interface AlertsService {
  /** Takes in what a window says about each signal; alerts, news and notifications follow in the same transaction. */
  observe(
    tx: SqlTransaction,
    context: RequestContext,
    monitor: StoredMonitor,
    window: ObservedWindow,
    observations: ReadonlyMap<AlertSignal, Observation>,
  ): Promise<void>;
  /** Ends the open alerts of signals that are not watched any more. */
  close(
    tx: SqlTransaction,
    context: RequestContext,
    monitor: StoredMonitor,
    watched: readonly AlertSignal[],
    reason: string,
  ): Promise<void>;
  /** Throws ALERT_NOT_FOUND, ALERT_NOT_FIRING. */
  acknowledge(context: RequestContext, id: string, reason: string): Promise<StoredAlert>;
}

export function createAlertsService(deps: Deps): AlertsService {
  const { sql, clock, ids, audit, events } = deps;

  async function record(
    tx: SqlTransaction,
    context: RequestContext,
    alert: StoredAlert,
    transition: Transition,
  ): Promise<void> {
    const { from, to, windowStart, reason } = transition;
    await insertTransition(tx, context.workspace, {
      ...transition,
      id: ids.next('alt'),
      alertId: alert.id,
      monitorId: alert.monitorId,
      signal: alert.signal,
      at: clock.now(),
      actor: context.actor.name,
    });
    await audit.record(tx, context, {
      action: 'monitoring.alert.changed',
      subject: { kind: 'alert', id: alert.id },
      details: { monitor: alert.monitor, signal: alert.signal, from, to, windowStart, reason },
    });
    await events.emit(tx, context, 'alert.changed', {
      alertId: alert.id,
      monitorId: alert.monitorId,
      state: to,
    });
    if (to === 'firing' && (alert.signal === 'drift' || alert.signal === 'prediction-drift')) {
      await events.emit(tx, context, 'drift.detected', {
        monitorId: alert.monitorId,
        endpoint: alert.endpoint,
        windowStart: alert.windowStart,
        columns: [...alert.causes],
      });
    }
  }

  async function notify(
    tx: SqlTransaction,
    workspace: string,
    monitor: StoredMonitor,
    alert: StoredAlert,
    phases: ReadonlyMap<AlertSignal, AlertState>,
  ): Promise<void> {
    const now = clock.now();
    const { route } = monitor.settings;
    const suppressed =
      alert.state === 'resolved'
        ? await neverSent(tx, workspace, alert)
        : suppressionOf(alert, now, await listSilences(tx, workspace, now), phases);
    const title = `${alert.signal} of ${alert.endpoint} is ${alert.state}`;
    await insertNotification(tx, workspace, {
      id: ids.next('ntf'),
      route,
      kind: 'alert',
      alertId: alert.id,
      title,
      text: alert.summary,
      state: suppressed === undefined ? 'delivered' : 'suppressed',
      suppressedBecause: suppressed ?? null,
      at: now,
      acknowledgedAt: null,
      acknowledgedBy: null,
    });
    const target = await findAlertRoute(tx, workspace, route);
    if (suppressed === undefined && target?.kind === 'log') {
      const { id, monitor: name, endpoint, signal, state, causes } = alert;
      tx.afterCommit(() =>
        deps.logger.warn(
          { alertId: id, monitor: name, endpoint, signal, state, causes },
          'an alert has changed',
        ),
      );
    }
  }

  return {
    async observe(tx, context, monitor, window, observations) {
      const { workspace } = context;
      const signals = await listSignals(tx, workspace, monitor.id);
      const phases = new Map<AlertSignal, AlertState>(
        [...signals].map(([signal, { state }]) => [signal, state.phase]),
      );
      for (const [signal, observation] of observations) {
        const before = signals.get(signal) ?? quiet;
        const step = observeWindow(before.state, observation, monitor.settings.persistence);
        phases.set(signal, step.state.phase);
        let alert = before.alertId === undefined ? undefined : await findAlert(tx, workspace, before.alertId);
        for (const transition of step.transitions) {
          // An alert that came to nothing is taken up again; one that is over is followed by another.
          if (!alert || transition.from === 'resolved')
            alert = openAlert(ids.next('alr'), monitor, signal, window, clock.now());
          alert = moved(alert, transition, step.state.causes, window, clock.now());
          await saveAlert(tx, workspace, alert);
          await record(tx, context, alert, transition);
          if (transition.to === 'firing' || transition.to === 'resolved')
            await notify(tx, workspace, monitor, alert, phases);
        }
        if (alert && step.transitions.length === 0 && observation.verdict === 'breach' && isOpen(alert)) {
          alert = breachedAgain(alert, step.state.causes, window);
          await saveAlert(tx, workspace, alert);
        }
        if (step.state !== before.state)
          await saveSignal(tx, workspace, monitor.id, signal, { state: step.state, alertId: alert?.id });
      }
    },

    async close(tx, context, monitor, watched, reason) {
      const { workspace } = context;
      for (const [signal, { state, alertId }] of await listSignals(tx, workspace, monitor.id)) {
        const step = watched.includes(signal) ? undefined : closeSignal(state, reason);
        const [transition] = step?.transitions ?? [];
        const alert = alertId === undefined ? undefined : await findAlert(tx, workspace, alertId);
        if (!step || !transition || !alert) continue;
        const resolvedAt = transition.to === 'resolved' ? clock.now() : null;
        const closed: StoredAlert = { ...alert, state: transition.to, summary: reason, resolvedAt };
        await saveAlert(tx, workspace, closed);
        await saveSignal(tx, workspace, monitor.id, signal, { state: step.state, alertId });
        await record(tx, context, closed, transition);
      }
    },

    acknowledge: (context, id, reason) =>
      sql.transaction(async (tx) => {
        const { workspace } = context;
        const alert = await findAlert(tx, workspace, id);
        if (!alert) throw esteiraError('ALERT_NOT_FOUND', { id });
        const signal = (await listSignals(tx, workspace, alert.monitorId)).get(alert.signal);
        const step = signal?.alertId === id ? acknowledgeSignal(signal.state, reason) : undefined;
        const [transition] = step?.transitions ?? [];
        if (!step || !transition) throw esteiraError('ALERT_NOT_FIRING', { id, state: alert.state });
        const acknowledged: StoredAlert = {
          ...alert,
          state: 'acknowledged',
          acknowledgedAt: clock.now(),
          acknowledgedBy: context.actor.name,
          acknowledgement: reason,
        };
        await saveAlert(tx, workspace, acknowledged);
        await saveSignal(tx, workspace, alert.monitorId, alert.signal, { state: step.state, alertId: id });
        await record(tx, context, acknowledged, transition);
        return acknowledged;
      }),
  };
}

function openAlert(
  id: string,
  monitor: StoredMonitor,
  signal: AlertSignal,
  window: ObservedWindow,
  now: number,
): StoredAlert {
  return {
    id,
    monitorId: monitor.id,
    monitor: monitor.name,
    endpoint: monitor.settings.endpoint,
    signal,
    state: 'ok',
    causes: [],
    summary: '',
    windowStart: window.start,
    windowEnd: window.end,
    openedAt: now,
    firedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    acknowledgement: null,
    resolvedAt: null,
  };
}

function moved(
  alert: StoredAlert,
  { to, reason }: Transition,
  causes: readonly string[],
  window: ObservedWindow,
  now: number,
): StoredAlert {
  const breaching = to === 'pending' || to === 'firing';
  return {
    ...alert,
    state: to,
    ...(breaching ? { windowStart: window.start, windowEnd: window.end } : {}),
    ...(to === 'firing' ? { causes: [...causes], firedAt: now } : {}),
    ...(to === 'resolved' ? { resolvedAt: now } : {}),
    summary: breaching ? (window.summaries.get(alert.signal) ?? reason) : reason,
  };
}

function breachedAgain(alert: StoredAlert, causes: readonly string[], window: ObservedWindow): StoredAlert {
  return {
    ...alert,
    causes: alert.firedAt === null ? alert.causes : [...causes],
    ...(window.start >= alert.windowStart
      ? {
          windowStart: window.start,
          windowEnd: window.end,
          summary: window.summaries.get(alert.signal) ?? alert.summary,
        }
      : {}),
  };
}

function isOpen({ state }: StoredAlert): boolean {
  return state === 'pending' || state === 'firing' || state === 'acknowledged';
}

/** Nobody needs to hear of the end of what they never heard of. */
async function neverSent(
  tx: SqlTransaction,
  workspace: string,
  alert: StoredAlert,
): Promise<string | undefined> {
  const sent = await listNotifications(tx, workspace, { alertId: alert.id, limit: 100 });
  return sent.some(({ state }) => state !== 'suppressed') ? undefined : 'its firing was not sent either';
}
