import { z } from 'zod';
import { Duration } from './pipelines.ts';
import { ById, ByName, Digest, Json, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const Nullable = z.number().nullable();
const Share = z.number().min(0).max(1);

// ── Monitors ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Metrics of labelled rows: of two classes, or of a number (`mae`, `rmse`). */
export const performanceMetrics = [
  'pr_auc',
  'roc_auc',
  'log_loss',
  'brier',
  'accuracy',
  'precision',
  'recall',
  'f1',
  'mae',
  'rmse',
] as const;
export type PerformanceMetric = (typeof performanceMetrics)[number];

/** What an alert can be about. Where one mutes another: data quality → drift → estimated performance. */
export const alertSignals = [
  'data-quality',
  'drift',
  'prediction-drift',
  'performance',
  'performance-estimate',
  'latency',
  'errors',
] as const;
export type AlertSignal = (typeof alertSignals)[number];

/** Rows the model is compared with: a part of a split, or a whole dataset version. */
export const MonitorReference = z.strictObject({
  splitId: z.string().min(1).max(128).optional(),
  part: z.enum(['train', 'validation', 'test']).default('test'),
  versionId: z.string().min(1).max(128).optional(),
  /** Groups the reference into windows, so that its own ups and downs are known; the version's event time unless given. */
  timeColumn: z.string().min(1).max(256).optional(),
});
export type MonitorReference = z.infer<typeof MonitorReference>;

/**
 * Practical limits of distances and their chance control. A column breaches when one of the distances that have a limit
 * is above it, its p is below `alpha` after Benjamini–Hochberg over all columns, and it is above what the reference's own
 * windows reach (mean + `sigmas` standard deviations; 0 switches this off).
 */
export const DriftThresholds = z.strictObject({
  /** Population stability index over the reference's deciles or categories. */
  psi: z.number().positive().optional(),
  /** Jensen–Shannon distance, base 2. */
  jensenShannon: z.number().positive().max(1).optional(),
  /** Kolmogorov–Smirnov statistic; numbers only. */
  ks: z.number().positive().max(1).optional(),
  /** Wasserstein-1 in standard deviations of the reference; numbers only. */
  wasserstein: z.number().positive().optional(),
  /** Largest difference of a category's share; texts only. */
  lInfinity: z.number().positive().max(1).optional(),
  alpha: z.number().gt(0).max(0.5).default(0.05),
  sigmas: z.number().min(0).max(20).default(3),
  /** Rows a window needs before its distances mean anything. */
  minRows: z.number().int().min(10).default(50),
  /** Data quality: rise of a column's share of missing values. */
  missing: Share.default(0.05),
  /** Data quality: share of a column's values outside the reference's range, or of categories it never had. */
  outOfRange: Share.default(0.05),
  /** Data quality: share of requests refused as invalid. */
  invalid: Share.default(0.05),
});
export type DriftThresholds = z.infer<typeof DriftThresholds>;

export const NewMonitor = z.strictObject({
  endpoint: Name,
  reference: MonitorReference,
  /** Length of the windows: non-overlapping, on the event time of predictions where they carry one, aligned to UTC. */
  window: Duration.default('P1D'),
  /** Moves the windows' beginnings, so that weeks can begin on a Monday (`P4D`). */
  windowOffset: Duration.optional(),
  /** Features to watch, and `score` for the predictions; all features and the score unless given. */
  columns: z.array(z.string().min(1).max(256)).min(1).max(2000).optional(),
  thresholds: DriftThresholds.default(DriftThresholds.parse({})),
  performance: z
    .strictObject({
      metric: z.enum(performanceMetrics),
      /** The worst value accepted: a least one for scores, a most one for losses. */
      floor: z.number(),
      minLabels: z.number().int().min(10).default(100),
      /** Predicted positive at this score and above; for accuracy, precision, recall and f1. */
      threshold: z.number().default(0.5),
      /** Alert on the estimate from the scores alone while labels are missing. */
      estimate: z.boolean().default(false),
    })
    .optional(),
  latency: z.strictObject({ p95Ms: z.number().positive() }).optional(),
  errors: z.strictObject({ maxShare: Share, maxFallbackShare: Share.optional() }).optional(),
  /** An alert fires when `m` of the last `n` windows breach, and is resolved after `m` good windows in a row. */
  persistence: z
    .strictObject({ m: z.number().int().min(1).max(50), n: z.number().int().min(1).max(50) })
    .refine(({ m, n }) => m <= n, 'm is at most n')
    .default({ m: 2, n: 3 }),
  /** Name of an alert route. */
  route: Name,
  paused: z.boolean().default(false),
});
export type NewMonitor = z.infer<typeof NewMonitor>;

export const Monitor = NewMonitor.extend({
  id: z.string(),
  name: Name,
  /** Grows when a setting changes that changes results. */
  revision: z.number().int(),
  /** The columns watched now. */
  watched: z.array(z.string()),
  /** The profiled reference; null until the first window is evaluated. */
  profile: z
    .object({
      digest: Digest,
      rows: z.number().int(),
      columns: z.number().int(),
      /** Windows of the reference that the sigma limits rest on. */
      chunks: z.number().int(),
      modelVersionId: z.string().nullable(),
      createdAt: Timestamp,
    })
    .nullable(),
  /** State of each signal switched on. */
  signals: z.record(z.string(), z.enum(['ok', 'pending', 'firing', 'acknowledged', 'resolved'])),
  lastWindow: z.object({ start: Timestamp, end: Timestamp, rows: z.number().int() }).nullable(),
  /** Why the last evaluation did not happen; null when it did. */
  problem: z.string().nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Monitor = z.infer<typeof Monitor>;

// ── Windows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A distance under its versioned method id: comparable only with numbers of the same id. */
export const MethodResult = z.object({
  method: z.string(),
  statistic: Nullable,
  p: Nullable,
  /** Passed with chance alpha when nothing changed, at this window's size. */
  noiseLevel: Nullable,
});

export const ColumnFinding = z.object({
  column: z.string(),
  kind: z.enum(['numeric', 'categorical']),
  rows: z.number().int(),
  /** The distance nearest to its limit, or farthest above it. */
  method: z.string().nullable(),
  distance: Nullable,
  threshold: Nullable,
  p: Nullable,
  /** After Benjamini–Hochberg over the window's columns. */
  adjustedP: Nullable,
  noiseLevel: Nullable,
  /** Noise at this size, and what the reference's own windows exceed theirs by (mean + sigmas); null where it has too few. */
  chunkLimit: Nullable,
  breach: z.boolean(),
  /** Why it breaches or not, in words. */
  reason: z.string(),
  missing: z.object({ reference: Nullable, window: Nullable, p: Nullable }),
  /** Share of values outside the reference's range or categories. */
  outOfRange: Nullable,
  results: z.array(MethodResult),
});
export type ColumnFinding = z.infer<typeof ColumnFinding>;

const Verdict = z.enum(['ok', 'breach', 'unknown']);

export const MonitorWindow = z.object({
  monitor: Name,
  endpoint: Name,
  start: Timestamp,
  end: Timestamp,
  /** Answers to users; shadow copies and the platform's probes are not counted. */
  rows: z.number().int(),
  labelledRows: z.number().int(),
  modelVersionIds: z.array(z.string()),
  /** Grows when late rows or labels have changed the result. */
  revision: z.number().int(),
  /** Digest of what went in: the same inputs are not evaluated twice. */
  inputsDigest: Digest,
  evaluatedAt: Timestamp,
  verdicts: z.partialRecord(z.enum(alertSignals), Verdict),
  drift: z.array(ColumnFinding),
  prediction: ColumnFinding.nullable(),
  quality: z.object({ invalidShare: Nullable, problems: z.array(z.string()) }),
  performance: z
    .object({
      metric: z.enum(performanceMetrics),
      value: Nullable,
      /** Bootstrap interval at 95 %. */
      lower: Nullable,
      upper: Nullable,
      /** From the scores alone, taking them as calibrated probabilities; method `cbpe.as_calibrated.v1`. */
      estimated: Nullable,
      floor: z.number(),
      /** The model's value in its evaluation. */
      reference: Nullable,
      reason: z.string(),
    })
    .nullable(),
  latency: z.object({ p50Ms: Nullable, p95Ms: Nullable, p99Ms: Nullable, limitMs: Nullable }),
  errors: z.object({
    share: Nullable,
    limit: Nullable,
    fallbackShare: Nullable,
    fallbackLimit: Nullable,
  }),
});
export type MonitorWindow = z.infer<typeof MonitorWindow>;

/** What the monitor's screen draws: everything in the order of `windows`. */
export const MonitorCharts = z.object({
  monitor: Name,
  windows: z.array(
    z.object({
      start: Timestamp,
      end: Timestamp,
      rows: z.number().int(),
      labelledRows: z.number().int(),
      modelVersionIds: z.array(z.string()),
    }),
  ),
  /** One row per column (the score last), one cell per window; null where the window has no answer. */
  drift: z.array(
    z.object({
      column: z.string(),
      cells: z.array(
        z
          .object({
            method: z.string().nullable(),
            distance: Nullable,
            threshold: Nullable,
            noiseLevel: Nullable,
            adjustedP: Nullable,
            breach: z.boolean(),
          })
          .nullable(),
      ),
    }),
  ),
  performance: z
    .object({
      metric: z.enum(performanceMetrics),
      floor: z.number(),
      points: z.array(
        z.object({
          value: Nullable,
          lower: Nullable,
          upper: Nullable,
          estimated: Nullable,
          reference: Nullable,
        }),
      ),
    })
    .nullable(),
  latency: z.object({
    limitMs: Nullable,
    points: z.array(z.object({ p50Ms: Nullable, p95Ms: Nullable, p99Ms: Nullable })),
  }),
  errors: z.object({
    limit: Nullable,
    points: z.array(z.object({ share: Nullable, fallbackShare: Nullable, invalidShare: Nullable })),
  }),
  /** The alert timeline, oldest first. */
  transitions: z.array(
    z.object({
      alertId: z.string(),
      signal: z.enum(alertSignals),
      from: z.string(),
      to: z.string(),
      at: Timestamp,
      windowStart: Timestamp.nullable(),
      reason: z.string(),
    }),
  ),
});

// ── Labels ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export const NewLabel = z.strictObject({
  predictionId: z.string().min(1).max(256),
  /** A class of the model, or the true number. `true` and `false` stand for the classes 1 and 0. */
  label: z.union([z.number(), z.string().max(256), z.boolean()]),
  /** When it became known; the time of receipt unless given. */
  at: Timestamp.optional(),
});
export type NewLabel = z.infer<typeof NewLabel>;

export const LabelReceipt = z.object({
  received: z.number().int(),
  /** New labels. */
  stored: z.number().int(),
  /** Sent before with the same value: nothing to do. */
  repeated: z.number().int(),
  /** Sent before with another value: the new one counts. */
  corrected: z.number().int(),
  /** Of those stored or corrected: no such prediction is logged yet. They are kept, and joined when it is. */
  unknown: z.number().int(),
  /** Up to ten of the unknown ids. */
  unknownSample: z.array(z.string()),
});
export type LabelReceipt = z.infer<typeof LabelReceipt>;

export const LabelSummary = z.object({
  endpoint: Name,
  labels: z.number().int(),
  /** Labels whose prediction had not been logged when they were last looked at. */
  unknown: z.number().int(),
  batches: z.number().int(),
  firstReceivedAt: Timestamp.nullable(),
  lastReceivedAt: Timestamp.nullable(),
});

// ── Alerts ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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
  kind: z.enum(['alert', 'test']),
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

// ── Retraining ───────────────────────────────────────────────────────────────────────────────────────────────────────

export const retrainingTriggers = ['drift', 'performance', 'manual'] as const;
export type RetrainingTrigger = (typeof retrainingTriggers)[number];

export const NewRetrainingPolicy = z.strictObject({
  endpoint: Name,
  pipeline: Name,
  /**
   * Parameters of the pipeline. Texts may hold `${{ window.start }}`, `${{ window.end }}` and `${{ now }}`, each with
   * `+` or `-` durations (`${{ window.end - P30D }}`), written as a date, or as a date and time where it is not midnight
   * UTC. A text that is `${{ live.trainedModel }}` becomes the reference of the model now live, or null.
   */
  parameters: z.record(z.string(), Json).default({}),
  triggers: z.array(z.enum(retrainingTriggers)).min(1),
  /** Least time between two starts. */
  cooldown: Duration.default('P1D'),
  maxRunsPerDay: z.number().int().min(1).max(100).default(2),
  /** Labels that must have come since the last start. */
  minFreshLabels: z.number().int().min(0).default(0),
  /** Spending of the project on one day, in the currency of the cost ledger, above which nothing is started. */
  costCap: z.number().positive().optional(),
  /** `propose` requests the change that would make a better challenger live; nothing is ever applied. */
  promote: z.enum(['never', 'propose']).default('never'),
  /** The rollout of a proposed change, as `serving.promote` takes it. */
  rollout: z.record(z.string(), Json).optional(),
  enabled: z.boolean().default(true),
});
export type NewRetrainingPolicy = z.infer<typeof NewRetrainingPolicy>;

export const RetrainingPolicy = NewRetrainingPolicy.extend({
  id: z.string(),
  name: Name,
  /** In whose name it acts. */
  owner: z.object({ id: z.string(), name: z.string() }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type RetrainingPolicy = z.infer<typeof RetrainingPolicy>;

export const retrainingGuards = [
  'disabled',
  'trigger',
  'single-flight',
  'cooldown',
  'max-runs-per-day',
  'min-fresh-labels',
  'cost-cap',
  'owner',
] as const;
export type RetrainingGuard = (typeof retrainingGuards)[number];

export const RetrainingRun = z.object({
  id: z.string(),
  policy: Name,
  endpoint: Name,
  pipeline: Name,
  trigger: z.enum(retrainingTriggers),
  alertId: z.string().nullable(),
  /** The drifted window, in event time. */
  windowStart: Timestamp.nullable(),
  windowEnd: Timestamp.nullable(),
  /** `skipped:<guard>`, or how the challenger did; null while its pipeline runs. */
  decision: z
    .union([
      z.enum(['challenger-wins', 'challenger-loses', 'not-compared', 'failed']),
      z.templateLiteral(['skipped:', z.enum(retrainingGuards)]),
    ])
    .nullable(),
  reason: z.string(),
  parameters: z.record(z.string(), Json),
  pipelineRunId: z.string().nullable(),
  evaluationId: z.string().nullable(),
  modelVersionId: z.string().nullable(),
  /** The comparison with the live model, better above zero. */
  comparison: z
    .object({
      metric: z.string(),
      against: z.string(),
      difference: Nullable,
      lower: Nullable,
      upper: Nullable,
    })
    .nullable(),
  /** The change requested, when the policy proposes. */
  changeId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
  finishedAt: Timestamp.nullable(),
});
export type RetrainingRun = z.infer<typeof RetrainingRun>;

const Range = z.strictObject({ from: Timestamp.optional(), to: Timestamp.optional() });
const RangeQuery = z.object({
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const ByEndpoint = z.object({ endpoint: Name });

/** Operations of the room monitoring. */
export const monitoringApi = {
  putMonitor: route({
    id: 'monitoring.putMonitor',
    method: 'PUT',
    path: '/api/v1/monitors/:name',
    access: 'monitoring:write',
    summary: 'Sets up a monitor of an endpoint: reference, windows, limits, and where alerts go.',
    params: ByName,
    body: NewMonitor,
    response: Monitor,
  }),
  monitors: route({
    id: 'monitoring.monitors',
    method: 'GET',
    path: '/api/v1/monitors',
    access: 'monitoring:read',
    summary: 'Lists monitors by name.',
    query: z.object({ endpoint: Name.optional() }),
    response: z.object({ items: z.array(Monitor) }),
  }),
  monitor: route({
    id: 'monitoring.monitor',
    method: 'GET',
    path: '/api/v1/monitors/:name',
    access: 'monitoring:read',
    summary: 'Shows a monitor and the state of its signals.',
    params: ByName,
    response: Monitor,
  }),
  evaluate: route({
    id: 'monitoring.evaluate',
    method: 'POST',
    path: '/api/v1/monitors/:name/evaluate',
    access: 'monitoring:write',
    summary:
      'Evaluates the closed windows between two times (ms, event time), or those that are new or changed.',
    params: ByName,
    body: Range,
    response: z.object({ jobId: z.string() }),
    status: 202,
  }),
  windows: route({
    id: 'monitoring.windows',
    method: 'GET',
    path: '/api/v1/monitors/:name/windows',
    access: 'monitoring:read',
    summary: 'Lists evaluated windows, newest first.',
    params: ByName,
    query: RangeQuery,
    response: z.object({ items: z.array(MonitorWindow) }),
  }),
  charts: route({
    id: 'monitoring.charts',
    method: 'GET',
    path: '/api/v1/monitors/:name/charts',
    access: 'monitoring:read',
    summary: 'Gives the drift matrix, performance, latency, errors and alerts over the newest windows.',
    params: ByName,
    query: RangeQuery,
    response: MonitorCharts,
  }),
  postLabels: route({
    id: 'monitoring.postLabels',
    method: 'POST',
    path: '/api/v1/labels/:endpoint',
    access: 'labels:write',
    summary: 'Takes the true outcomes of predictions, by prediction id; sending one again changes nothing.',
    params: ByEndpoint,
    body: z.strictObject({ labels: z.array(NewLabel).min(1).max(10_000) }),
    response: LabelReceipt,
  }),
  labels: route({
    id: 'monitoring.labels',
    method: 'GET',
    path: '/api/v1/labels/:endpoint',
    access: 'monitoring:read',
    summary: 'Counts the labels of an endpoint.',
    params: ByEndpoint,
    response: LabelSummary,
  }),
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
  putRetrainingPolicy: route({
    id: 'monitoring.putRetrainingPolicy',
    method: 'PUT',
    path: '/api/v1/retraining-policies/:name',
    access: 'monitoring:write',
    summary:
      'Binds a pipeline to an endpoint: when to retrain, within which limits, and what to do with the result.',
    params: ByName,
    body: NewRetrainingPolicy,
    response: RetrainingPolicy,
  }),
  retrainingPolicies: route({
    id: 'monitoring.retrainingPolicies',
    method: 'GET',
    path: '/api/v1/retraining-policies',
    access: 'monitoring:read',
    summary: 'Lists retraining policies by name.',
    query: z.object({ endpoint: Name.optional() }),
    response: z.object({ items: z.array(RetrainingPolicy) }),
  }),
  retrainingPolicy: route({
    id: 'monitoring.retrainingPolicy',
    method: 'GET',
    path: '/api/v1/retraining-policies/:name',
    access: 'monitoring:read',
    summary: 'Shows a retraining policy.',
    params: ByName,
    response: RetrainingPolicy,
  }),
  triggerRetraining: route({
    id: 'monitoring.triggerRetraining',
    method: 'POST',
    path: '/api/v1/retraining-policies/:name/trigger',
    access: 'pipelines:run',
    summary: 'Asks for a retraining now; the guards decide, and the answer says what they decided.',
    params: ByName,
    body: z.strictObject({
      reason: z.string().min(1).max(2000),
      /** The window the parameters refer to; that of the newest open alert, or else the last one, unless given. */
      windowStart: Timestamp.optional(),
      windowEnd: Timestamp.optional(),
    }),
    response: RetrainingRun,
    status: 201,
  }),
  retrainingRuns: route({
    id: 'monitoring.retrainingRuns',
    method: 'GET',
    path: '/api/v1/retraining-runs',
    access: 'monitoring:read',
    summary: 'Lists retrainings, those skipped too, newest first.',
    query: PageQuery.extend({ policy: Name.optional(), endpoint: Name.optional() }),
    response: pageOf(RetrainingRun),
  }),
  retrainingRun: route({
    id: 'monitoring.retrainingRun',
    method: 'GET',
    path: '/api/v1/retraining-runs/:id',
    access: 'monitoring:read',
    summary: 'Shows a retraining and its decision.',
    params: ById,
    response: RetrainingRun,
  }),
} as const;
