import { z } from 'zod';
import { alertSignals } from './alert-signals.ts';
import { ById, ByName, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const alertStates = ['ok', 'pending', 'firing', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof alertStates)[number];

export const Alert = z.object({
  id: z.string(),
  monitor: Name,
  endpoint: Name,
  signal: z.enum(alertSignals),
  state: z.enum(alertStates),
  /** What breaches: columns, or the metric. */
  causes: z.array(z.string()),
  summary: z.string(),
  /** The last window that breached. */
  windowStart: Timestamp,
  windowEnd: Timestamp,
  openedAt: Timestamp,
  firedAt: Timestamp.nullable(),
  acknowledgedAt: Timestamp.nullable(),
  acknowledgedBy: z.string().nullable(),
  acknowledgement: z.string().nullable(),
  resolvedAt: Timestamp.nullable(),
});
export type Alert = z.infer<typeof Alert>;

export const Notification = z.object({
  id: z.string(),
  route: Name,
  /** `endpoint`: one in development is used as production. */
  kind: z.enum(['alert', 'test', 'endpoint']),
  alertId: z.string().nullable(),
  title: z.string(),
  text: z.string(),
  /** A firing alert and a delivered notification are different things. */
  state: z.enum(['delivered', 'suppressed', 'acknowledged']),
  /** Why it was not delivered. */
  suppressedBecause: z.string().nullable(),
  at: Timestamp,
  acknowledgedAt: Timestamp.nullable(),
  acknowledgedBy: z.string().nullable(),
});
export type Notification = z.infer<typeof Notification>;

const AlertTransition = z.object({
  from: z.enum(alertStates),
  to: z.enum(alertStates),
  at: Timestamp,
  actor: z.string(),
  windowStart: Timestamp.nullable(),
  reason: z.string(),
});

export const Silence = z.object({
  id: z.string(),
  /** Both absent: everything. */
  monitor: Name.nullable(),
  signal: z.enum(alertSignals).nullable(),
  reason: z.string(),
  owner: z.string(),
  startsAt: Timestamp,
  /** Null: until somebody ends it, which no production gate accepts. */
  endsAt: Timestamp.nullable(),
});

export const AlertRoute = z.object({
  name: Name,
  /** `inbox`: the notifications of the product; `log`: a warning in the server's log, too. */
  kind: z.enum(['inbox', 'log']),
  /** When somebody last acknowledged a test message of this route; null since it last changed. */
  acknowledgedTestAt: Timestamp.nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type AlertRoute = z.infer<typeof AlertRoute>;

export const alertsApi = {
  alerts: route({
    id: 'monitoring.alerts',
    method: 'GET',
    path: '/api/v1/alerts',
    access: 'monitoring:read',
    summary: 'Lists alerts, newest first.',
    query: PageQuery.extend({
      monitor: Name.optional(),
      endpoint: Name.optional(),
      /** `open`: pending, firing or acknowledged. */
      state: z.enum([...alertStates, 'open']).optional(),
    }),
    response: pageOf(Alert),
  }),
  alert: route({
    id: 'monitoring.alert',
    method: 'GET',
    path: '/api/v1/alerts/:id',
    access: 'monitoring:read',
    summary: 'Shows an alert with its transitions and what was sent, or why not.',
    params: ById,
    response: Alert.extend({
      transitions: z.array(AlertTransition),
      notifications: z.array(Notification),
    }),
  }),
  acknowledgeAlert: route({
    id: 'monitoring.acknowledgeAlert',
    method: 'POST',
    path: '/api/v1/alerts/:id/acknowledge',
    access: 'alerts:acknowledge',
    summary: 'Takes a firing alert in hand.',
    params: ById,
    body: z.strictObject({ reason: z.string().min(1).max(2000) }),
    response: Alert,
  }),
  createSilence: route({
    id: 'monitoring.createSilence',
    method: 'POST',
    path: '/api/v1/silences',
    access: 'alerts:acknowledge',
    summary: 'Holds notifications back for a time: a maintenance window.',
    body: z.strictObject({
      monitor: Name.optional(),
      signal: z.enum(alertSignals).optional(),
      reason: z.string().min(1).max(2000),
      startsAt: Timestamp.optional(),
      endsAt: Timestamp.nullable(),
    }),
    response: Silence,
    status: 201,
  }),
  silences: route({
    id: 'monitoring.silences',
    method: 'GET',
    path: '/api/v1/silences',
    access: 'monitoring:read',
    summary: 'Lists silences that have not ended.',
    response: z.object({ items: z.array(Silence) }),
  }),
  endSilence: route({
    id: 'monitoring.endSilence',
    method: 'DELETE',
    path: '/api/v1/silences/:id',
    access: 'alerts:acknowledge',
    summary: 'Ends a silence now.',
    params: ById,
    response: Silence,
  }),
  putAlertRoute: route({
    id: 'monitoring.putAlertRoute',
    method: 'PUT',
    path: '/api/v1/alert-routes/:name',
    access: 'monitoring:write',
    summary: 'Names a place that alerts go to.',
    params: ByName,
    body: z.strictObject({ kind: AlertRoute.shape.kind.default('inbox') }),
    response: AlertRoute,
  }),
  alertRoutes: route({
    id: 'monitoring.alertRoutes',
    method: 'GET',
    path: '/api/v1/alert-routes',
    access: 'monitoring:read',
    summary: 'Lists alert routes by name.',
    response: z.object({ items: z.array(AlertRoute) }),
  }),
  testAlertRoute: route({
    id: 'monitoring.testAlertRoute',
    method: 'POST',
    path: '/api/v1/alert-routes/:name/test',
    access: 'monitoring:write',
    summary: 'Sends a test message that somebody then acknowledges.',
    params: ByName,
    response: Notification,
    status: 201,
  }),
  notifications: route({
    id: 'monitoring.notifications',
    method: 'GET',
    path: '/api/v1/notifications',
    access: 'monitoring:read',
    summary: 'Lists what was sent or held back, newest first.',
    query: PageQuery.extend({
      route: Name.optional(),
      state: z.enum(['delivered', 'suppressed', 'acknowledged']).optional(),
    }),
    response: pageOf(Notification),
  }),
  acknowledgeNotification: route({
    id: 'monitoring.acknowledgeNotification',
    method: 'POST',
    path: '/api/v1/notifications/:id/acknowledge',
    access: 'alerts:acknowledge',
    summary: 'Says that a message was received; for a test message, that its route works.',
    params: ById,
    response: Notification,
  }),
} as const;
