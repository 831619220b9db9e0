import { z } from 'zod';
import { ById, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/**
 * What a policy keeps. All are kept for ever unless a policy says otherwise.
 * - datasets: versions of datasets, with their splits and validation runs; never the newest of a dataset.
 * - landed-files: files as they were uploaded.
 * - runs: finished runs with parameters, metrics and files. deleted-runs: runs and logged models that somebody deleted, since then.
 * - artifacts: files kept with runs.
 * - trained-models, evaluations: those of no registered version.
 * - predictions: the prediction log, by the server's time.
 * - step-cache: earlier results that pipelines use again.
 * - spans: traces of language models with their spans and assessments, by when they began.
 * - change-evidence: what the plans of changes rest on. Such things stay as long as the change counts; nothing is removed by it.
 */
export const retentionKinds = [
  'datasets',
  'landed-files',
  'runs',
  'deleted-runs',
  'artifacts',
  'trained-models',
  'evaluations',
  'predictions',
  'step-cache',
  'spans',
  'change-evidence',
] as const;
export const RetentionKind = z.enum(retentionKinds);
export type RetentionKind = z.infer<typeof RetentionKind>;

/** Kinds that are kept at least so many days, and whose retention only the change `retention.shorten` shortens. */
export const protectedRetention = { predictions: 180, 'change-evidence': 180 } as const;

/** Whole days; null is for ever. */
const Days = z.number().int().min(1).max(36_500).nullable();

/** For how long things of a kind are kept, counted from when they were finished. */
export const RetentionPolicy = z.object({
  kind: RetentionKind,
  /** null: of every project without a policy of its own. */
  project: Name.nullable(),
  days: Days,
  /** Fewer are refused; null where there is no such bound. */
  minimumDays: z.number().int().nullable(),
  /** null while nobody has set it. */
  updatedBy: z.string().nullable(),
  updatedAt: Timestamp.nullable(),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

/** What a hold covers: a thing, or all that lies in a dataset, experiment, endpoint or project; these by name, the others by id. */
export const HoldSubject = z.object({
  kind: z.enum([
    'project',
    'dataset',
    'dataset-version',
    'source-file',
    'split',
    'experiment',
    'run',
    'pipeline-run',
    'trained-model',
    'evaluation',
    'model-version',
    'endpoint',
    'change',
  ]),
  id: z.string().min(1).max(256),
});
export type HoldSubject = z.infer<typeof HoldSubject>;

/** While it stands, nothing it covers is removed, by anybody, whatever the policies say. */
export const LegalHold = z.object({
  id: z.string(),
  reason: z.string(),
  subjects: z.array(HoldSubject),
  placedBy: z.string(),
  placedAt: Timestamp,
  releasedBy: z.string().nullable(),
  releasedAt: Timestamp.nullable(),
  releaseReason: z.string(),
});
export type LegalHold = z.infer<typeof LegalHold>;

/** Why a thing whose retention is over is still kept. */
export const KeptBecause = z.enum([
  'legal-hold',
  'registered',
  'served',
  'change-evidence',
  'in-use',
  'newest',
]);
export type KeptBecause = z.infer<typeof KeptBecause>;

const Amount = { things: z.number().int(), bytes: z.number() };
const BlobAmount = { blobs: z.number().int(), bytes: z.number() };

/** What a collection found and did; in a dry run, what it would do. */
export const GarbageReport = z.object({
  dryRun: z.boolean(),
  /** Things whose retention is over: removed from the records. Their content is freed after the grace period. */
  removed: z.array(
    z.object({
      workspace: z.string(),
      kind: RetentionKind,
      project: z.string().nullable(),
      days: z.number().int(),
      ...Amount,
    }),
  ),
  /** Things whose retention is over and that something else keeps. */
  kept: z.array(z.object({ workspace: z.string(), kind: RetentionKind, because: KeptBecause, ...Amount })),
  /**
   * Content that nothing refers to. `retention`: a policy removed what it belonged to; `unreferenced`: replaced, or stored by
   * something that never came to its end, so neither workspace nor kind is known.
   */
  freed: z.array(
    z.object({
      workspace: z.string().nullable(),
      kind: RetentionKind.nullable(),
      because: z.enum(['retention', 'unreferenced']),
      ...BlobAmount,
    }),
  ),
  /** Content that nothing refers to, in its grace period. */
  waiting: z.object({ ...BlobAmount, nextAt: Timestamp.nullable() }),
  /** Content that something refers to, by what it belongs to; content of several kinds counts for one. */
  stored: z.array(z.object({ workspace: z.string(), kind: z.string(), ...BlobAmount })),
  /** Content that is referred to and is not in the store: damage. */
  missing: z.number().int(),
});
export type GarbageReport = z.infer<typeof GarbageReport>;

export const GarbageCollection = z.object({
  /** Also the id of its job. */
  id: z.string(),
  dryRun: z.boolean(),
  state: z.enum(['running', 'succeeded', 'failed']),
  startedBy: z.string(),
  startedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
  report: GarbageReport,
});
export type GarbageCollection = z.infer<typeof GarbageCollection>;

const Reason = z.string().min(10).max(2000);

/** Operations on retention, legal holds and garbage; part of the room governance. */
export const retentionApi = {
  retentionPolicies: route({
    id: 'governance.retentionPolicies',
    method: 'GET',
    path: '/api/v1/retention-policies',
    access: 'retention:read',
    summary: 'Lists for how long each kind of thing is kept, and what projects have set for themselves.',
    query: PageQuery,
    response: pageOf(RetentionPolicy).extend({
      /** How long content that nothing refers to is kept before it is freed. */
      graceHours: z.number(),
    }),
  }),
  putRetentionPolicy: route({
    id: 'governance.putRetentionPolicy',
    method: 'PUT',
    path: '/api/v1/retention-policies/:kind',
    access: 'retention:write',
    summary:
      'Sets for how many days things of a kind are kept. Keeping predictions or evidence of changes for less is the change `retention.shorten`.',
    params: z.object({ kind: RetentionKind }),
    body: z.strictObject({ project: Name.nullable().default(null), days: Days }),
    response: RetentionPolicy,
  }),
  deleteRetentionPolicy: route({
    id: 'governance.deleteRetentionPolicy',
    method: 'DELETE',
    path: '/api/v1/retention-policies/:kind',
    access: 'retention:write',
    summary: 'Takes back what was set: a project follows the workspace again, a workspace keeps for ever.',
    params: z.object({ kind: RetentionKind }),
    query: z.object({ project: Name.optional() }),
    response: RetentionPolicy,
  }),
  legalHolds: route({
    id: 'governance.legalHolds',
    method: 'GET',
    path: '/api/v1/legal-holds',
    access: 'retention:read',
    summary: 'Lists legal holds, newest first.',
    query: PageQuery.extend({ state: z.enum(['active', 'released']).optional() }),
    response: pageOf(LegalHold),
  }),
  placeLegalHold: route({
    id: 'governance.placeLegalHold',
    method: 'POST',
    path: '/api/v1/legal-holds',
    access: 'holds:manage',
    summary: 'Places a hold: nothing it covers is removed until somebody else releases it.',
    body: z.strictObject({ reason: Reason, subjects: z.array(HoldSubject).min(1).max(100) }),
    response: LegalHold,
    status: 201,
  }),
  releaseLegalHold: route({
    id: 'governance.releaseLegalHold',
    method: 'POST',
    path: '/api/v1/legal-holds/:id/release',
    access: 'holds:manage',
    summary: 'Ends a hold that somebody else placed.',
    params: ById,
    body: z.strictObject({ reason: Reason }),
    response: LegalHold,
  }),
  collectGarbage: route({
    id: 'governance.collectGarbage',
    method: 'POST',
    path: '/api/v1/garbage-collections',
    access: 'retention:write',
    summary:
      'Starts a collection: frees content that nothing has referred to for the grace period, and removes what policies no longer keep. The job’s result is the report.',
    body: z.strictObject({ dryRun: z.boolean().default(false) }),
    response: z.object({ jobId: z.string() }),
    status: 202,
  }),
  garbageCollections: route({
    id: 'governance.garbageCollections',
    method: 'GET',
    path: '/api/v1/garbage-collections',
    access: 'retention:read',
    summary: 'Lists collections with their reports, newest first.',
    query: PageQuery,
    response: pageOf(GarbageCollection),
  }),
} as const;
