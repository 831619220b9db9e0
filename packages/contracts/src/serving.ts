import { z } from 'zod';
import {
  RequestPolicies,
  ResponseCache,
  ServingContract,
  ServingLimits,
  StepCounters,
} from './data-plane.ts';
import { dataPlaneApi } from './data-plane-api.ts';
import { endpointQuestionApi } from './endpoint-questions.ts';
import { EndpointStage } from './endpoint-stage.ts';
import { inferenceKeyApi } from './inference-keys.ts';
import { liveFiguresApi } from './live-figures.ts';
import { modelSecretApi } from './model-secrets.ts';
import { ByName, Json, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { Rollout } from './rollouts.ts';
import { route } from './route.ts';
import { RulePredictor } from './rule-predictor.ts';
import { scalingApi } from './scaling.ts';
import { trialsApi } from './trial-reports.ts';

/** Who answers, by id. */
export const DesiredPredictor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('version'), modelVersionId: z.string().min(1) }),
  z.object({ kind: z.literal('rule'), rule: RulePredictor }),
]);
export type DesiredPredictor = z.infer<typeof DesiredPredictor>;

/**
 * When an endpoint in development counts as one that is depended on: a day is busy from so many distinct callers on, and so
 * many busy days among the last 14 have it reported, then frozen.
 */
export const SandboxLimits = z.strictObject({
  callersPerDay: z.number().int().min(1).max(1_000_000).default(3),
  reportAfterDays: z.number().int().min(1).max(14).default(3),
  freezeAfterDays: z.number().int().min(1).max(15).default(7),
});
export type SandboxLimits = z.infer<typeof SandboxLimits>;

/** What an endpoint should serve: one revision, never changed. */
export const DesiredEndpoint = z.object({
  arms: z.array(
    z.object({
      role: z.enum(['primary', 'canary']),
      weight: z.number().min(0).max(1),
      predictor: DesiredPredictor,
    }),
  ),
  shadow: z.object({ modelVersionId: z.string(), share: z.number().min(0).max(1) }).nullable(),
  standby: z.array(z.string()),
  fallback: DesiredPredictor.nullable(),
  /** The version whose signature reads requests where no arm has one. */
  readAs: z.string().nullable(),
  fault: z.enum(['kill', 'timeout']).nullable(),
  limits: ServingLimits,
  policies: RequestPolicies.optional(),
  /** Absent: every question is put to the model. */
  cache: ResponseCache.optional(),
  /** The alias of its model that it follows. */
  follow: z.object({ alias: z.string() }).optional(),
  /** Limits of a sandbox that its owner set; the usual ones unless given. */
  sandbox: SandboxLimits.optional(),
  frozen: z.object({ reason: z.string(), at: Timestamp }).optional(),
});
export type DesiredEndpoint = z.infer<typeof DesiredEndpoint>;

const ArmTraffic = z.object({
  arm: z.string(),
  modelVersionId: z.string().nullable(),
  rows: z.number().int(),
  errors: z.number().int(),
  fallbacks: z.number().int(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});

export const Endpoint = z.object({
  name: Name,
  project: Name,
  stage: EndpointStage,
  model: Name,
  revision: z.number().int(),
  desired: DesiredEndpoint,
  /** What the model server says it serves; null while none has reported. */
  served: z
    .object({
      revision: z.number().int(),
      problem: z.string().nullable(),
      ready: z.boolean(),
      /** What its models hold in all serving processes, in bytes: 0 while they are away for want of questions. */
      memoryBytes: z.number().int(),
      httpUrl: z.string(),
      grpcAddress: z.string().nullable(),
      /** What the steps of its pipeline models took in all serving processes since those loaded the models. */
      steps: z.array(StepCounters),
      /** Some model server answers whoever reaches it, without a key, by this contract; null: none does. */
      contract: ServingContract.nullable(),
    })
    .nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Endpoint = z.infer<typeof Endpoint>;

const EndpointRevision = z.object({
  revision: z.number().int(),
  desired: DesiredEndpoint,
  reason: z.string(),
  changeId: z.string().nullable(),
  actor: z.string(),
  createdAt: Timestamp,
});

/** How an endpoint in development is used. */
export const SandboxUse = z.object({
  endpoint: Name,
  limits: SandboxLimits,
  /** Distinct callers of each of the last 14 days that had any, newest first. */
  days: z.array(z.object({ day: z.iso.date(), callers: z.number().int() })),
  busyDays: z.number().int(),
  frozen: z.object({ reason: z.string(), at: Timestamp }).nullable(),
});
export type SandboxUse = z.infer<typeof SandboxUse>;

const TrafficMinute = z.object({ minute: Timestamp, arms: z.array(ArmTraffic) });

const PredictionRow = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

export const servingApi = {
  ...inferenceKeyApi,
  ...modelSecretApi,
  ...scalingApi,
  ...endpointQuestionApi,
  ...liveFiguresApi,
  ...trialsApi,
  createEndpoint: route({
    id: 'serving.createEndpoint',
    method: 'POST',
    path: '/api/v1/endpoints',
    access: 'serving:write',
    summary: 'Opens an endpoint for a registered model. It answers once a version was promoted to it.',
    body: z.strictObject({
      name: Name,
      project: Name,
      stage: EndpointStage,
      model: Name,
      limits: ServingLimits.prefault({}),
    }),
    response: Endpoint,
    status: 201,
  }),
  endpoints: route({
    id: 'serving.endpoints',
    method: 'GET',
    path: '/api/v1/endpoints',
    access: 'serving:read',
    summary: 'Lists endpoints by name.',
    query: PageQuery.extend({ project: Name.optional() }),
    response: pageOf(Endpoint),
  }),
  endpoint: route({
    id: 'serving.endpoint',
    method: 'GET',
    path: '/api/v1/endpoints/:name',
    access: 'serving:read',
    summary: 'Shows an endpoint: what it should serve, what it serves, and the last hour of each arm.',
    params: ByName,
    response: Endpoint.extend({ lastHour: z.array(ArmTraffic) }),
  }),
  endpointRevisions: route({
    id: 'serving.endpointRevisions',
    method: 'GET',
    path: '/api/v1/endpoints/:name/revisions',
    access: 'serving:read',
    summary: 'Lists what the endpoint was to serve before, newest first.',
    params: ByName,
    query: PageQuery,
    response: pageOf(EndpointRevision),
  }),
  setFallback: route({
    id: 'serving.setFallback',
    method: 'PUT',
    path: '/api/v1/endpoints/:name/fallback',
    access: 'serving:write',
    summary: 'Sets who answers when the model fails or is late: another version, or a rule.',
    params: ByName,
    body: DesiredPredictor,
    response: Endpoint,
  }),
  setLimits: route({
    id: 'serving.setLimits',
    method: 'PUT',
    path: '/api/v1/endpoints/:name/limits',
    access: 'serving:write',
    summary: 'Sets how large a request may be, how many rows it may have, and how long the model may take.',
    params: ByName,
    body: ServingLimits,
    response: Endpoint,
  }),
  setRequestPolicies: route({
    id: 'serving.setRequestPolicies',
    method: 'PUT',
    path: '/api/v1/endpoints/:name/request-policies',
    access: 'serving:write',
    summary:
      'Says by feature what values are taken and what becomes of others: rejected, clamped or imputed. Each application is logged and counted.',
    params: ByName,
    body: z.strictObject({ policies: RequestPolicies }),
    response: Endpoint,
  }),
  setResponseCache: route({
    id: 'serving.setResponseCache',
    method: 'PUT',
    path: '/api/v1/endpoints/:name/response-cache',
    access: 'serving:write',
    summary:
      'Has answers kept for equal questions: how long, and in how much memory of each serving process; null: none are. Each is logged and counted as any other.',
    params: ByName,
    body: z.strictObject({ cache: ResponseCache.nullable() }),
    response: Endpoint,
  }),
  followAlias: route({
    id: 'serving.followAlias',
    method: 'PUT',
    path: '/api/v1/endpoints/:name/follow',
    access: 'serving:write',
    summary:
      'Has an endpoint follow an alias of its model: a move of the alias asks for a change, which development applies by itself.',
    params: ByName,
    body: z.strictObject({ alias: z.string().min(1).max(255) }),
    response: Endpoint,
  }),
  unfollowAlias: route({
    id: 'serving.unfollowAlias',
    method: 'DELETE',
    path: '/api/v1/endpoints/:name/follow',
    access: 'serving:write',
    summary: 'Pins an endpoint to the version that it serves.',
    params: ByName,
    response: Endpoint,
  }),
  sandbox: route({
    id: 'serving.sandbox',
    method: 'GET',
    path: '/api/v1/endpoints/:name/sandbox',
    access: 'serving:read',
    summary: 'Shows how an endpoint in development is used, and when that has it reported and frozen.',
    params: ByName,
    response: SandboxUse,
  }),
  setSandboxLimits: route({
    id: 'serving.setSandboxLimits',
    method: 'PUT',
    path: '/api/v1/endpoints/:name/sandbox',
    access: 'sandboxes:raise',
    summary:
      'Raises what an endpoint in development may be used for; one that is within it again answers again.',
    params: ByName,
    body: SandboxLimits,
    response: SandboxUse,
  }),
  endpointOpenapi: route({
    id: 'serving.endpointOpenapi',
    method: 'GET',
    path: '/api/v1/endpoints/:name/openapi.json',
    access: 'serving:read',
    summary: 'Describes an endpoint for its callers as OpenAPI 3.1: paths, columns, examples, SLA and owner.',
    params: ByName,
    response: z.record(z.string(), Json),
  }),
  traffic: route({
    id: 'serving.traffic',
    method: 'GET',
    path: '/api/v1/endpoints/:name/traffic',
    access: 'serving:read',
    summary:
      'Counts and latency quantiles per minute and arm, by server time; the last hour unless asked otherwise.',
    params: ByName,
    query: z.object({ from: z.coerce.number().int().optional(), to: z.coerce.number().int().optional() }),
    response: z.object({ items: z.array(TrafficMinute) }),
  }),
  predictions: route({
    id: 'serving.predictions',
    method: 'GET',
    path: '/api/v1/endpoints/:name/predictions',
    access: 'predictions:read',
    summary:
      'The newest logged predictions with their features, arm and version; by prediction id, entity and time where asked for.',
    params: ByName,
    query: z.object({
      /** Of one row, or of a request: then of all its rows. */
      predictionId: z.string().min(1).max(200).optional(),
      entityKey: z.string().min(1).max(1_000).optional(),
      from: z.coerce.number().int().optional(),
      to: z.coerce.number().int().optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
    }),
    response: z.object({ items: z.array(PredictionRow) }),
  }),
  reconciliation: route({
    id: 'serving.reconciliation',
    method: 'GET',
    path: '/api/v1/endpoints/:name/reconciliation',
    access: 'serving:read',
    summary: 'Rows answered by the model servers against rows kept in the log.',
    params: ByName,
    response: z.object({
      endpoint: Name,
      served: z.number().int(),
      logged: z.number().int(),
      since: Timestamp.nullable(),
    }),
  }),
  rollout: route({
    id: 'serving.rollout',
    method: 'GET',
    path: '/api/v1/rollouts/:changeId',
    access: 'serving:read',
    summary: 'Shows the comparisons of a rollout.',
    params: z.object({ changeId: z.string().min(1).max(128) }),
    response: Rollout,
  }),
  ...dataPlaneApi,
};
