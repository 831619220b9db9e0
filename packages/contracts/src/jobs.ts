import { z } from 'zod';
import { ById, Json, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const JobState = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']);

/** Why a job failed, or why its last attempt did: an entry of the error table; `instance` finds the cause in the log. */
export const JobError = z.object({
  code: z.string(),
  what: z.string(),
  why: z.string(),
  todo: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  instance: z.string(),
});
export type JobError = z.infer<typeof JobError>;

export const Job = z.object({
  id: z.string(),
  /** What it does: `datasets.ingest`. */
  kind: z.string(),
  state: JobState,
  payload: Json,
  /** What the work returned; null until it has succeeded. */
  result: Json,
  error: JobError.nullable(),
  /** `share` from 0 to 1. */
  progress: z.object({ share: z.number(), message: z.string() }).optional(),
  /** Attempts begun so far; an attempt that a dying process cut short is not counted. */
  attempt: z.number().int(),
  maxAttempts: z.number().int(),
  actorId: z.string(),
  createdAt: Timestamp,
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
});

/** Operations of the room jobs. */
export const jobsApi = {
  list: route({
    id: 'jobs.list',
    method: 'GET',
    path: '/api/v1/jobs',
    access: 'jobs:read',
    summary: 'Lists jobs, newest first.',
    query: PageQuery.extend({ state: JobState.optional(), kind: z.string().max(128).optional() }),
    response: pageOf(Job),
  }),
  get: route({
    id: 'jobs.get',
    method: 'GET',
    path: '/api/v1/jobs/:id',
    access: 'jobs:read',
    summary: 'Reads a job; with `waitSeconds`, answers when it has finished or that time is over.',
    params: ById,
    query: z.object({ waitSeconds: z.coerce.number().min(0).max(60).default(0) }),
    response: Job,
  }),
  cancel: route({
    id: 'jobs.cancel',
    method: 'POST',
    path: '/api/v1/jobs/:id/cancel',
    access: 'jobs:cancel',
    summary:
      'Cancels a job: a queued one at once, a running one as soon as it notices; a finished one stays as it is.',
    params: ById,
    response: Job,
  }),
} as const;
