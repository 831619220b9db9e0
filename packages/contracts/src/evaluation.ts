import { z } from 'zod';
import { ById, Digest, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const Nullable = z.number().nullable();

/** Metrics of one model on one set of rows; null where a metric is not defined (one class only). */
export const ModelMetrics = z.object({
  rows: z.number().int(),
  base_rate: Nullable,
  roc_auc: Nullable,
  pr_auc: Nullable,
  log_loss: Nullable,
  brier: Nullable,
  ece: Nullable,
  threshold: z.number(),
  accuracy: Nullable,
  precision: Nullable,
  recall: Nullable,
  f1: Nullable,
});
export type ModelMetrics = z.infer<typeof ModelMetrics>;

/**
 * Paired bootstrap of two models on the same rows. Turned so that better is above zero, whatever the metric's direction.
 */
export const Comparison = z.object({
  name: z.string(),
  trainedModelId: z.string(),
  value: Nullable,
  splitId: z.string(),
  testDigest: z.string(),
  difference: Nullable,
  lower: Nullable,
  upper: Nullable,
  verdict: z.enum(['better', 'worse', 'no difference', 'not computable']),
});
export type Comparison = z.infer<typeof Comparison>;

const Slice = z.object({
  column: z.string(),
  value: z.string(),
  rows: z.number().int(),
  base_rate: Nullable,
  roc_auc: Nullable,
  pr_auc: Nullable,
});

const CalibrationBin = z.object({ rows: z.number().int(), predicted: z.number(), observed: z.number() });

const FairnessFinding = z.object({
  attribute: z.string(),
  groups: z.number().int(),
  smallestGroup: z.number().int(),
  metric: z.string(),
  value: z.number(),
  limit: z.number(),
  withinLimit: z.boolean(),
});

/** Rows with the answers the model must give anywhere: the serving runtime is tested against them. */
export const ModelExamples = z.object({
  features: z.array(z.string()),
  textFeatures: z.array(z.string()),
  rows: z.array(z.array(Nullable)),
  textRows: z.array(z.array(z.string())),
  /** P(class 1) for each row, by an evaluator that is not the serving runtime. */
  expected: z.array(z.number()),
});
export type ModelExamples = z.infer<typeof ModelExamples>;

export const Evaluation = z.object({
  id: z.string(),
  digest: Digest,
  project: z.string(),
  runId: z.string(),
  trainedModelId: z.string(),
  splitId: z.string(),
  part: z.string(),
  testDigest: z.string(),
  metric: z.string(),
  direction: z.enum(['maximize', 'minimize']),
  alpha: z.number(),
  resamples: z.number().int(),
  metrics: ModelMetrics,
  baselines: z.array(Comparison.extend({ metrics: ModelMetrics })),
  /** Against the model that was live when this evaluation ran; null for a first model. */
  current: Comparison.extend({ metrics: ModelMetrics }).nullable(),
  slices: z.array(Slice),
  calibration: z.array(CalibrationBin),
  fairness: z.array(FairnessFinding),
  importance: z.array(z.object({ feature: z.string(), gain: z.number() })),
  examples: ModelExamples,
  createdAt: Timestamp,
});
export type Evaluation = z.infer<typeof Evaluation>;

export const evaluationApi = {
  evaluations: route({
    id: 'evaluation.evaluations',
    method: 'GET',
    path: '/api/v1/evaluations',
    access: 'evaluation:read',
    summary: 'Lists evaluations, newest first.',
    query: PageQuery.extend({ project: z.string().optional() }),
    response: pageOf(Evaluation.omit({ examples: true, slices: true })),
  }),
  evaluation: route({
    id: 'evaluation.evaluation',
    method: 'GET',
    path: '/api/v1/evaluations/:id',
    access: 'evaluation:read',
    summary: 'Shows an evaluation: metrics, comparisons, slices, calibration, fairness, importance.',
    params: ById,
    response: Evaluation,
  }),
};
