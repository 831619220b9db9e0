import { z } from 'zod';
import { alertSignals } from './alert-signals.ts';
import { Duration } from './pipelines.ts';
import { ByName, Digest, Name, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const Nullable = z.number().nullable();
const Share = z.number().min(0).max(1);

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

const Range = z.strictObject({ from: Timestamp.optional(), to: Timestamp.optional() });
const RangeQuery = z.object({
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const monitorsApi = {
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
} as const;
