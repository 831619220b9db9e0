import { z } from 'zod';
import { ById, ByName, Digest, Json, Name, PageQuery, pageOf, Reference, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** Name of a step or a parameter: what a reference can write without quotes. */
export const PipelineWord = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
    'begins with a letter; letters, digits, dash and underscore; at most 64 characters',
  );

/** A span of time: `P30D`, `PT12H`, `P1DT6H`. Years and months have no fixed length and are not taken. */
export const Duration = z
  .string()
  .regex(
    /^P(?=\d|T\d)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/,
    'a duration of weeks, days, hours, minutes and seconds like P30D or PT12H',
  );

/** How a step uses results of earlier runs. */
export const StepCacheOptions = z.strictObject({
  /** Raise it to make the step run again once. */
  version: z.union([z.string().max(100), z.number()]).optional(),
  /** Entries of `with` that do not matter for the result. */
  ignoredInputs: z.array(z.string()).optional(),
  /** Older results are not used. */
  maxStaleness: Duration.optional(),
  /** Runs in any case; later runs may use its result. */
  refresh: z.boolean().optional(),
  /** Runs in any case and leaves no result to use. */
  off: z.boolean().optional(),
});
export type StepCacheOptions = z.infer<typeof StepCacheOptions>;

const ParameterDefinition = z.strictObject({
  /** Absent: the parameter must be given. */
  default: Json.optional(),
  description: z.string().max(1000).optional(),
});

/** A pipeline as its file says it. */
export const PipelineSpec = z.strictObject({
  name: Name,
  project: Name,
  description: z.string().max(10_000).optional(),
  /** A plain value or a list is a default; nothing (`seed:`) makes the parameter mandatory. */
  parameters: z
    .record(
      PipelineWord,
      z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(Json), ParameterDefinition]),
    )
    .default({}),
  steps: z
    .array(
      z.strictObject({
        name: PipelineWord,
        /** A step kind: `datasets.ingest`. */
        uses: z.string().min(1).max(100),
        with: z.record(z.string(), Json).default({}),
        /** Steps that must have finished though nothing of them is referenced. */
        needs: z.array(PipelineWord).default([]),
        /** `${{ parameters.x }}` or a plain true or false; a step that is false is skipped. */
        when: z.union([z.boolean(), z.string()]).optional(),
        /** Attempts beyond the first; none unless given. */
        retries: z.number().int().min(0).max(10).default(0),
        cache: StepCacheOptions.default({}),
      }),
    )
    .min(1)
    .max(10_000),
});
export type PipelineSpec = z.infer<typeof PipelineSpec>;

export const stepStatuses = [
  'queued',
  'running',
  'succeeded',
  'cached',
  'failed',
  'cancelled',
  'skipped',
] as const;
export type StepStatus = (typeof stepStatuses)[number];

export const pipelineRunStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type PipelineRunStatus = (typeof pipelineRunStatuses)[number];

export const Pipeline = z.object({
  name: z.string(),
  project: z.string(),
  description: z.string(),
  version: z.number().int(),
  digest: Digest,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  lastRun: z.object({ id: z.string(), status: z.enum(pipelineRunStatuses), createdAt: Timestamp }).optional(),
});

export const PipelineDetails = Pipeline.extend({
  /** The file as it was put. */
  spec: z.string(),
  parameters: z.array(
    z.object({ name: z.string(), required: z.boolean(), default: Json.optional(), description: z.string() }),
  ),
  steps: z.array(
    z.object({
      name: z.string(),
      uses: z.string(),
      summary: z.string(),
      needs: z.array(z.string()),
      cacheable: z.boolean(),
    }),
  ),
  versions: z.array(
    z.object({ version: z.number().int(), digest: Digest, createdAt: Timestamp, createdBy: z.string() }),
  ),
});

export const PipelineRun = z.object({
  id: z.string(),
  pipeline: z.string(),
  project: z.string(),
  specVersion: z.number().int(),
  specDigest: Digest,
  /** `manual`, or what started it: `retraining:<id>`. */
  trigger: z.string(),
  parameters: z.record(z.string(), Json),
  status: z.enum(pipelineRunStatuses),
  /** Why it ended so, where that needs words. */
  reason: z.string().optional(),
  trackingRunId: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
  cpuSeconds: z.number(),
  /** Steps by status; `finished` of `total` is the progress. */
  steps: z.object({
    total: z.number().int(),
    finished: z.number().int(),
    byStatus: z.partialRecord(z.enum(stepStatuses), z.number().int()),
  }),
});

export const PipelineRunStep = z.object({
  name: z.string(),
  uses: z.string(),
  needs: z.array(z.string()),
  status: z.enum(stepStatuses),
  /** Why it failed, was cancelled or skipped, or what it waits for. */
  reason: z.string().optional(),
  error: z.object({ code: z.string(), what: z.string(), why: z.string(), todo: z.string() }).optional(),
  /** The inputs with references resolved; absent until the step is ready. */
  with: Json.optional(),
  outputs: z.record(z.string(), z.union([Reference, Json])),
  attempt: z.number().int(),
  /** The run whose result was reused. */
  cachedFrom: z.object({ pipelineRunId: z.string(), step: z.string() }).optional(),
  cache: z.object({ key: z.string(), verdict: z.string() }).optional(),
  trackingRunId: z.string().optional(),
  progress: z.object({ share: z.number(), message: z.string() }).optional(),
  readyAt: Timestamp.optional(),
  startedAt: Timestamp.optional(),
  finishedAt: Timestamp.optional(),
  cpuSeconds: z.number(),
});

export const PipelineRunDetails = PipelineRun.extend({ graph: z.array(PipelineRunStep) });

const Parameters = z.record(PipelineWord, Json);

export const PipelinePlan = z.object({
  pipeline: z.string(),
  specDigest: Digest,
  steps: z.array(
    z.object({
      name: z.string(),
      uses: z.string(),
      /** `unknown`: it depends on a step that will run, so its inputs are not known yet. */
      verdict: z.enum(['hit', 'miss', 'unknown', 'skip']),
      reason: z.string(),
      /** Parts of the key that differ from the last time: `with.seed`, `external`, `environment`, …. */
      changed: z.array(z.string()),
      from: z.object({ pipelineRunId: z.string(), step: z.string(), at: Timestamp }).optional(),
    }),
  ),
});

/** Operations of the room pipelines. */
export const pipelinesApi = {
  put: route({
    id: 'pipelines.put',
    method: 'PUT',
    path: '/api/v1/pipelines/:name',
    access: 'pipelines:run',
    summary:
      'Stores a pipeline file as the current version of a pipeline; the same content is the same version.',
    params: ByName,
    body: z.object({ spec: z.string().max(2_000_000) }),
    response: PipelineDetails,
  }),
  list: route({
    id: 'pipelines.list',
    method: 'GET',
    path: '/api/v1/pipelines',
    access: 'pipelines:read',
    summary: 'Lists pipelines by name.',
    query: PageQuery.extend({ project: Name.optional() }),
    response: pageOf(Pipeline),
  }),
  get: route({
    id: 'pipelines.get',
    method: 'GET',
    path: '/api/v1/pipelines/:name',
    access: 'pipelines:read',
    summary: 'Shows a pipeline, its file and its versions.',
    params: ByName,
    response: PipelineDetails,
  }),
  stepKinds: route({
    id: 'pipelines.stepKinds',
    method: 'GET',
    path: '/api/v1/step-kinds',
    access: 'pipelines:read',
    summary: 'Lists the step kinds a pipeline may use, with the JSON schema of their inputs.',
    response: z.object({
      items: z.array(
        z.object({
          kind: z.string(),
          version: z.string(),
          summary: z.string(),
          cacheable: z.boolean(),
          with: Json,
        }),
      ),
    }),
  }),
  start: route({
    id: 'pipelines.start',
    method: 'POST',
    path: '/api/v1/pipelines/:name/runs',
    access: 'pipelines:run',
    summary: 'Starts a run of the current version.',
    params: ByName,
    body: z.object({ parameters: Parameters.default({}), refresh: z.boolean().default(false) }),
    response: PipelineRunDetails,
    status: 201,
  }),
  plan: route({
    id: 'pipelines.plan',
    method: 'POST',
    path: '/api/v1/pipelines/:name/plan',
    access: 'pipelines:read',
    summary: 'Tells which steps would reuse an earlier result and why the others would run.',
    params: ByName,
    body: z.object({ parameters: Parameters.default({}), refresh: z.boolean().default(false) }),
    response: PipelinePlan,
  }),
  listRuns: route({
    id: 'pipelines.listRuns',
    method: 'GET',
    path: '/api/v1/pipeline-runs',
    access: 'pipelines:read',
    summary: 'Lists runs of pipelines, newest first.',
    query: PageQuery.extend({
      pipeline: Name.optional(),
      project: Name.optional(),
      status: z.enum(pipelineRunStatuses).optional(),
      trigger: z.string().max(200).optional(),
    }),
    response: pageOf(PipelineRun),
  }),
  getRun: route({
    id: 'pipelines.getRun',
    method: 'GET',
    path: '/api/v1/pipeline-runs/:id',
    access: 'pipelines:read',
    summary: 'Shows a run with its steps, what they gave and what they wait for.',
    params: ById,
    response: PipelineRunDetails,
  }),
  cancel: route({
    id: 'pipelines.cancel',
    method: 'POST',
    path: '/api/v1/pipeline-runs/:id/cancel',
    access: 'pipelines:run',
    summary: 'Stops a run: waiting steps are cancelled, running ones are told to stop.',
    params: ById,
    response: PipelineRunDetails,
  }),
  resume: route({
    id: 'pipelines.resume',
    method: 'POST',
    path: '/api/v1/pipeline-runs/:id/resume',
    access: 'pipelines:run',
    summary: 'Takes a failed or cancelled run up again; finished steps are not repeated.',
    params: ById,
    response: PipelineRunDetails,
  }),
};
