import { monitoringApi } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesById } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import { listAlertRoutes } from './alerts/alert-route-store.ts';
import type { AlertRoutesService } from './alerts/alert-routes-service.ts';
import { findAlert, listAlerts, listTransitions } from './alerts/alert-store.ts';
import type { AlertsService } from './alerts/alerts-service.ts';
import { listNotifications } from './alerts/notification-store.ts';
import { listSilences } from './alerts/silence-store.ts';
import type { LabelsService } from './labels/labels-service.ts';
import { readCharts } from './monitoring-charts.ts';
import type { MonitoringDeps } from './monitoring-deps.ts';
import type { MonitorService } from './monitors/monitor-service.ts';
import { listMonitors } from './monitors/monitor-store.ts';
import { listPolicies } from './retraining/retraining-policy-store.ts';
import { findRetraining, listRetrainings } from './retraining/retraining-run-store.ts';
import type { RetrainingService } from './retraining/retraining-service.ts';
import { listWindows } from './windows/window-store.ts';

interface Services extends Pick<MonitoringDeps, 'sql' | 'clock'> {
  readonly monitors: MonitorService;
  readonly labels: LabelsService;
  readonly alerts: AlertsService;
  readonly alertRoutes: AlertRoutesService;
  readonly retraining: RetrainingService;
}

const openStates = ['pending', 'firing', 'acknowledged'] as const;
const mostNotifications = 1000;
const notificationPages = pagesById('notifications');
const alertPages = pagesById('alerts');
const retrainingPages = pagesById('retraining-runs');

export function createMonitoringRoutes(services: Services): readonly RouteBinding[] {
  const { sql } = services;
  return [
    ...monitorRoutes(services),
    ...alertRoutes(services),
    ...retrainingRoutes(services),
    bindRoute(monitoringApi.postLabels, ({ params, body }, context) =>
      services.labels.post(context, params.endpoint, body.labels),
    ),
    bindRoute(monitoringApi.labels, ({ params }, context) =>
      services.labels.summarize(context.workspace, params.endpoint),
    ),
    bindRoute(monitoringApi.notifications, async ({ query }, context) => {
      const { cursor, limit, route, state } = query;
      const filter = { route, state, ...notificationPages.before(cursor), limit: limit + 1 };
      return notificationPages.of(await listNotifications(sql, context.workspace, filter), limit);
    }),
    bindRoute(monitoringApi.acknowledgeNotification, ({ params }, context) =>
      services.alertRoutes.acknowledge(context, params.id),
    ),
  ];
}

function monitorRoutes({ sql, monitors }: Services): readonly RouteBinding[] {
  return [
    bindRoute(monitoringApi.putMonitor, async ({ params, body }, context) =>
      monitors.describe(await monitors.put(context, params.name, body)),
    ),
    bindRoute(monitoringApi.monitors, async ({ query }, context) => {
      const all = await listMonitors(sql, context.workspace, query);
      return { items: await Promise.all(all.map((monitor) => monitors.describe(monitor))) };
    }),
    bindRoute(monitoringApi.monitor, async ({ params }, context) =>
      monitors.describe(await monitors.get(context.workspace, params.name)),
    ),
    bindRoute(monitoringApi.evaluate, async ({ params, body }, context) => ({
      jobId: await monitors.requestEvaluation(context, params.name, body),
    })),
    bindRoute(monitoringApi.windows, async ({ params, query }, context) => {
      const { id } = await monitors.get(context.workspace, params.name);
      return { items: [...(await listWindows(sql, context.workspace, id, query))] };
    }),
    bindRoute(monitoringApi.charts, async ({ params, query }, context) =>
      readCharts(sql, await monitors.get(context.workspace, params.name), query),
    ),
  ];
}

function alertRoutes({ sql, clock, alerts, alertRoutes: routes }: Services): readonly RouteBinding[] {
  return [
    bindRoute(monitoringApi.alerts, async ({ query }, context) => {
      const { cursor, limit, monitor, endpoint, state } = query;
      const states = state === 'open' ? openStates : state && [state];
      const filter = { monitor, endpoint, states, ...alertPages.before(cursor), limit: limit + 1 };
      return alertPages.of(await listAlerts(sql, context.workspace, filter), limit);
    }),
    bindRoute(monitoringApi.alert, async ({ params: { id } }, context) => {
      const alert = await findAlert(sql, context.workspace, id);
      if (!alert) throw esteiraError('ALERT_NOT_FOUND', { id });
      const filter = { alertId: id, limit: mostNotifications };
      return {
        ...alert,
        transitions: [...(await listTransitions(sql, context.workspace, { alertId: id }))],
        notifications: [...(await listNotifications(sql, context.workspace, filter))],
      };
    }),
    bindRoute(monitoringApi.acknowledgeAlert, ({ params, body }, context) =>
      alerts.acknowledge(context, params.id, body.reason),
    ),
    bindRoute(monitoringApi.createSilence, ({ body }, context) => routes.silence(context, body)),
    bindRoute(monitoringApi.silences, async (_request, context) => ({
      items: [...(await listSilences(sql, context.workspace, clock.now()))],
    })),
    bindRoute(monitoringApi.endSilence, ({ params }, context) => routes.endSilence(context, params.id)),
    bindRoute(monitoringApi.putAlertRoute, ({ params, body }, context) =>
      routes.put(context, params.name, body.kind),
    ),
    bindRoute(monitoringApi.alertRoutes, async (_request, context) => ({
      items: [...(await listAlertRoutes(sql, context.workspace))],
    })),
    bindRoute(monitoringApi.testAlertRoute, ({ params }, context) => routes.test(context, params.name)),
  ];
}

function retrainingRoutes({ sql, retraining }: Services): readonly RouteBinding[] {
  return [
    bindRoute(monitoringApi.putRetrainingPolicy, ({ params, body }, context) =>
      retraining.put(context, params.name, body),
    ),
    bindRoute(monitoringApi.retrainingPolicies, async ({ query }, context) => ({
      items: [...(await listPolicies(sql, context.workspace, query))],
    })),
    bindRoute(monitoringApi.retrainingPolicy, ({ params }, context) =>
      retraining.get(context.workspace, params.name),
    ),
    bindRoute(monitoringApi.triggerRetraining, ({ params, body }, context) =>
      retraining.trigger(context, params.name, body),
    ),
    bindRoute(monitoringApi.retrainingRuns, async ({ query }, context) => {
      const { cursor, limit, policy, endpoint } = query;
      const filter = { policy, endpoint, ...retrainingPages.before(cursor), limit: limit + 1 };
      return retrainingPages.of(await listRetrainings(sql, context.workspace, filter), limit);
    }),
    bindRoute(monitoringApi.retrainingRun, async ({ params: { id } }, context) => {
      const run = await findRetraining(sql, context.workspace, id);
      if (!run) throw esteiraError('RETRAINING_RUN_NOT_FOUND', { id });
      return run;
    }),
  ];
}
