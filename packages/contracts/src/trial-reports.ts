import { z } from 'zod';
import { ByName, Digest, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** Stored questions put to the packaged model in the serving runtime. */
export const IntegrationTestReport = z.object({
  id: z.string(),
  modelVersionId: z.string(),
  bundleDigest: Digest,
  passed: z.number().int(),
  failed: z.number().int(),
  runtime: z.literal('model-server'),
  examplesFrom: z.enum(['test-split', 'author', 'model']),
  /** At most ten of the failures. */
  failures: z.array(
    z.object({
      example: z.number().int(),
      expected: z.number(),
      actual: z.number().nullable(),
      problem: z.string(),
    }),
  ),
  at: Timestamp,
});
export type IntegrationTestReport = z.infer<typeof IntegrationTestReport>;

/**
 * A version measured alone in its own model server, over HTTP, the first request after loading included. Requests come at a
 * constant rate, and a latency counts from when its request was due: a server that stalls is charged for all of them.
 */
export const BenchmarkReport = z.object({
  id: z.string(),
  endpoint: Name,
  modelVersionId: z.string(),
  machineClass: z.string(),
  ratePerSecond: z.number(),
  requests: z.number().int(),
  errors: z.number().int(),
  /** By code. */
  errorsByKind: z.record(z.string(), z.number().int()),
  coldMs: z.number(),
  coldIncluded: z.literal(true),
  p50Ms: z.number(),
  p95Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
  /** What `throughputPerSecond` keeps to. */
  sla: z.object({ quantile: z.enum(['p95', 'p99']), ms: z.number() }),
  /** The highest rate that was tried and kept to the SLA without an error; 0 where none did. */
  throughputPerSecond: z.number(),
  /** The rates that were tried, in order. */
  steps: z.array(
    z.object({
      ratePerSecond: z.number(),
      quantileMs: z.number(),
      errors: z.number().int(),
      kept: z.boolean(),
    }),
  ),
  modelBytes: z.number().int(),
  peakMemoryBytes: z.number().int(),
  cpuMsPerRequest: z.number(),
  at: Timestamp,
});
export type BenchmarkReport = z.infer<typeof BenchmarkReport>;

const BenchmarkRequest = z
  .strictObject({
    modelVersionId: z.string().min(1),
    /** Requests per second, whatever becomes of those before. */
    ratePerSecond: z.number().min(1).max(20_000).default(100),
    seconds: z.number().min(1).max(60).default(5),
    /** Higher rates are tried up to this one, a second each; none where it is not above `ratePerSecond`. */
    maxRatePerSecond: z.number().min(1).max(20_000).default(2_000),
    quantile: z.enum(['p95', 'p99']).default('p95'),
    /** What the quantile has to keep to; the project's SLA unless given. */
    slaMs: z.number().positive().optional(),
    /** What is asked, by feature; the stored examples unless given. */
    rows: z
      .array(z.record(z.string().max(1_000), z.union([z.number(), z.string().max(10_000), z.null()])))
      .min(1)
      .max(1_000)
      .optional(),
  })
  .refine(({ ratePerSecond, seconds }) => ratePerSecond * seconds >= 200, {
    error: 'ratePerSecond × seconds is less than 200 requests',
  })
  .refine(({ ratePerSecond, seconds }) => ratePerSecond * seconds <= 100_000, {
    error: 'ratePerSecond × seconds is more than 100,000 requests',
  });

export const FallbackDrillReport = z.object({
  id: z.string(),
  endpoint: Name,
  kind: z.enum(['version', 'rule']),
  modelVersionId: z.string().nullable(),
  /** The version whose thread was ended under a request. */
  killedVersionId: z.string(),
  killed: z.boolean(),
  passed: z.boolean(),
  answers: z.array(
    z.object({
      fault: z.string(),
      status: z.number().int(),
      fallback: z.boolean(),
      reason: z.string(),
      ms: z.number(),
    }),
  ),
  at: Timestamp,
});
export type FallbackDrillReport = z.infer<typeof FallbackDrillReport>;

export const RollbackDrillReport = z.object({
  id: z.string(),
  endpoint: Name,
  candidateVersionId: z.string(),
  succeeded: z.boolean(),
  /** From the decision to the last answer that proves it. */
  durationMs: z.number(),
  /** Answers given by the candidate after the data plane reported the former state. */
  candidateAnswersAfter: z.number().int(),
  steps: z.array(z.string()),
  at: Timestamp,
});
export type RollbackDrillReport = z.infer<typeof RollbackDrillReport>;

/** One trial of a version or an endpoint, with what it found. */
export const TrialReport = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('integration-tests'), report: IntegrationTestReport }),
  z.object({ kind: z.literal('benchmark'), report: BenchmarkReport }),
  z.object({ kind: z.literal('fallback-drill'), report: FallbackDrillReport }),
  z.object({ kind: z.literal('rollback-drill'), report: RollbackDrillReport }),
]);
export type TrialReport = z.infer<typeof TrialReport>;

/** Versions tried and measured before anybody depends on them, and drills: part of the API of serving. */
export const trialsApi = {
  trialReports: route({
    id: 'serving.trialReports',
    method: 'GET',
    path: '/api/v1/trial-reports',
    access: 'serving:read',
    summary: 'Lists what integration tests, benchmarks and drills found, newest first.',
    query: PageQuery.extend({
      kind: z.enum(['integration-tests', 'benchmark', 'fallback-drill', 'rollback-drill']).optional(),
      /** Integration tests are of a version, and of no endpoint. */
      endpoint: Name.optional(),
      /** Id of the version that was tried. */
      modelVersion: z.string().min(1).max(128).optional(),
    }),
    response: pageOf(TrialReport),
  }),
  integrationTests: route({
    id: 'serving.integrationTests',
    method: 'POST',
    path: '/api/v1/model-versions/:id/integration-tests',
    access: 'serving:write',
    summary: 'Puts the stored examples to the packaged model in the serving runtime, over HTTP.',
    params: z.object({ id: z.string().min(1).max(128) }),
    response: IntegrationTestReport,
  }),
  benchmark: route({
    id: 'serving.benchmark',
    method: 'POST',
    path: '/api/v1/endpoints/:name/benchmarks',
    access: 'serving:write',
    summary:
      'Measures a version alone in its own model server: latency at a constant rate, the highest rate within the SLA, memory, CPU.',
    params: ByName,
    body: BenchmarkRequest,
    response: BenchmarkReport,
  }),
  fallbackDrill: route({
    id: 'serving.fallbackDrill',
    method: 'POST',
    path: '/api/v1/endpoints/:name/drills/fallback',
    access: 'serving:write',
    summary:
      'Kills the model under a request on a twin of the endpoint and sees whether the fallback answers.',
    params: ByName,
    body: z.strictObject({ modelVersionId: z.string().optional() }).prefault({}),
    response: FallbackDrillReport,
  }),
  rollbackDrill: route({
    id: 'serving.rollbackDrill',
    method: 'POST',
    path: '/api/v1/endpoints/:name/drills/rollback',
    access: 'serving:write',
    summary:
      'Puts a version on a twin of the endpoint, takes it back, and times how long that takes to hold.',
    params: ByName,
    body: z.strictObject({ modelVersionId: z.string().optional() }).prefault({}),
    response: RollbackDrillReport,
  }),
};
