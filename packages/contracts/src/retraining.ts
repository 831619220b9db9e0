import { z } from 'zod';
import { Duration } from './pipelines.ts';
import { ById, ByName, Json, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const Nullable = z.number().nullable();

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

export const retrainingApi = {
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
