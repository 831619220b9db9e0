import { z } from 'zod';
import { ById, Digest, DownloadQuery, Name, PageQuery, pageOf, Reference, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** A metric's value. JSON has no words for the special floats, so they travel as strings. */
export const MetricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
export type MetricValue = z.infer<typeof MetricValue>;

/** Name of a metric, parameter or tag: what MLflow allows, without path tricks. */
export const EntryKey = z
  .string()
  .min(1)
  .max(250)
  .regex(/^[/\w.\- :]+$/, 'letters, digits, slash, dot, dash, underscore, blank and colon')
  .refine(
    (key) =>
      !key.startsWith('/') && !key.split('/').some((part) => part === '' || part === '.' || part === '..'),
    {
      message: 'not a path that is absolute, empty in a part, or that goes up',
    },
  );

/** Where a run's code came from. */
export const RunSource = z.object({
  codeCommit: z.string().max(200).optional(),
  /** Digest of the uncommitted difference, stored as an artifact. */
  codeDiff: Digest.optional(),
  /** Whether the code differed from the commit. */
  dirty: z.boolean().optional(),
  environmentDigest: z.string().max(200).optional(),
  seeds: z.record(z.string(), z.number()).optional(),
});
export type RunSource = z.infer<typeof RunSource>;

export const runStatuses = ['scheduled', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof runStatuses)[number];

const ParamValue = z.union([z.string().max(6000), z.number(), z.boolean()]);
const Tags = z.record(EntryKey, z.string().max(8000));

export const Experiment = z.object({
  id: z.string(),
  /** Its id for MLflow's clients; unique in the workspace. */
  number: z.number().int(),
  name: z.string(),
  project: z.string().optional(),
  note: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  deletedAt: Timestamp.optional(),
});

/** A thing the run read or made. */
export const RunReference = z.object({
  reference: Reference,
  /** What it was for: `training`, `validation`, the name of a step's output. */
  role: z.string().max(255).default(''),
});

export const Run = z.object({
  id: z.string(),
  experimentId: z.string(),
  experiment: z.string(),
  project: z.string().optional(),
  name: z.string(),
  parentRunId: z.string().optional(),
  status: z.enum(runStatuses),
  source: RunSource,
  note: z.string(),
  createdBy: z.string(),
  startedAt: Timestamp,
  finishedAt: Timestamp.optional(),
  deletedAt: Timestamp.optional(),
  /** Values are text: a parameter is compared, never computed with. */
  params: z.record(z.string(), z.string()),
  /** The latest value of each metric: highest step, then time, then value. */
  metrics: z.record(z.string(), z.object({ value: MetricValue, step: z.number().int(), at: Timestamp })),
  tags: z.record(z.string(), z.string()),
});

export const RunDetails = Run.extend({
  inputs: z.array(RunReference),
  outputs: z.array(RunReference),
  /** Direct children, oldest first, at most 1000. */
  children: z.array(
    z.object({ id: z.string(), name: z.string(), status: z.enum(runStatuses), startedAt: Timestamp }),
  ),
});

export const StartRun = z.object({
  /** Name of the experiment; it is made when it does not exist. */
  experiment: z.string().min(1).max(500),
  project: Name.optional(),
  name: z.string().min(1).max(500),
  parentRunId: z.string().max(128).optional(),
  source: RunSource.default({}),
  tags: Tags.default({}),
});

/** What one log call may carry. Sending the same batch again changes nothing. */
export const LogBatch = z.object({
  params: z.record(EntryKey, ParamValue).default({}),
  metrics: z
    .array(
      z.object({
        name: EntryKey,
        value: MetricValue,
        step: z.number().int().default(0),
        /** When it was measured; the time of arrival unless given. A retry must send the same. */
        at: Timestamp.optional(),
      }),
    )
    .max(1000)
    .default([]),
  tags: Tags.default({}),
  inputs: z.array(RunReference).max(1000).default([]),
  outputs: z.array(RunReference).max(1000).default([]),
});

export const Artifact = z.object({
  path: z.string(),
  digest: Digest,
  /** Bytes. */
  size: z.number().int(),
  createdAt: Timestamp,
});

/** A run that a search found. */
const FoundRun = Run.extend({
  /** Where terms of `text` were found, at most three fields; only in a search for a text. */
  matches: z
    .array(
      z.object({
        /** As filters write it: `name`, `note`, `params.lr`, `tags.team`. */
        field: z.string(),
        snippet: z.string(),
      }),
    )
    .optional(),
});

const ArtifactPathQuery = z.object({ path: z.string().min(1).max(1024) });

const RunPatch = z.object({
  name: z.string().min(1).max(500).optional(),
  status: z.enum(runStatuses).optional(),
  note: z.string().max(100_000).optional(),
  deleteTags: z.array(EntryKey).max(100).optional(),
});

/** What a search of runs can ask for. */
export const RunSearchQuery = PageQuery.extend({
  /** Name of an experiment. */
  experiment: z.string().max(500).optional(),
  project: Name.optional(),
  status: z.enum(runStatuses).optional(),
  parent: z.string().max(128).optional(),
  /**
   * Words of the run's name, its note, its parameters and its tags: every term must be found, words may go on, case and accents
   * do not matter. A term is what stands between blanks or in double quotes: `resnet50 lr=0.1 "early stopping"`.
   */
  text: z.string().trim().min(1).max(500).optional(),
  /** Conditions joined by AND: `metrics.auc > 0.8 and params.trainer = 'gbdt' and tags.stage != 'draft'`. */
  filter: z.string().max(4000).optional(),
  /**
   * `startedAt desc` (default), `name`, `duration desc`, `metrics.auc desc`, `params.depth`, …. Missing values come last.
   */
  orderBy: z.string().max(300).optional(),
  /** Comma-separated `metrics.x`, `params.y`, `tags.z` to return; all of them unless given, none where it is empty. */
  columns: z.string().max(4000).optional(),
  deleted: z.enum(['only', 'exclude']).default('exclude'),
});

const Comparison = z.object({
  runs: z.array(Run.omit({ params: true, metrics: true, tags: true })),
  params: z.array(
    z.object({ name: z.string(), values: z.array(z.string().nullable()), differs: z.boolean() }),
  ),
  metrics: z.array(
    z.object({ name: z.string(), values: z.array(MetricValue.nullable()), differs: z.boolean() }),
  ),
  /** Files by path, with the digest that each run has there. */
  artifacts: z.array(
    z.object({ name: z.string(), values: z.array(z.string().nullable()), differs: z.boolean() }),
  ),
  /** False when the runs have more than 10,000 files, of which those are left out that come last. */
  artifactsComplete: z.boolean(),
});

/** Operations of the room tracking. */
export const trackingApi = {
  createExperiment: route({
    id: 'tracking.createExperiment',
    method: 'POST',
    path: '/api/v1/experiments',
    access: 'tracking:write',
    summary: 'Creates an experiment: a named collection of runs.',
    body: z.object({
      name: z.string().min(1).max(500),
      project: Name.optional(),
      note: z.string().max(100_000).default(''),
    }),
    response: Experiment,
    status: 201,
  }),
  listExperiments: route({
    id: 'tracking.listExperiments',
    method: 'GET',
    path: '/api/v1/experiments',
    access: 'tracking:read',
    summary: 'Lists experiments, newest first.',
    query: PageQuery.extend({
      project: Name.optional(),
      name: z.string().max(500).optional(),
      number: z.coerce.number().int().min(0).optional(),
      deleted: z.enum(['only', 'exclude']).default('exclude'),
    }),
    response: pageOf(Experiment),
  }),
  getExperiment: route({
    id: 'tracking.getExperiment',
    method: 'GET',
    path: '/api/v1/experiments/:id',
    access: 'tracking:read',
    summary: 'Shows one experiment.',
    params: ById,
    response: Experiment,
  }),
  updateExperiment: route({
    id: 'tracking.updateExperiment',
    method: 'PATCH',
    path: '/api/v1/experiments/:id',
    access: 'tracking:write',
    summary: 'Renames an experiment or changes its note.',
    params: ById,
    body: z.object({ name: z.string().min(1).max(500).optional(), note: z.string().max(100_000).optional() }),
    response: Experiment,
  }),
  deleteExperiment: route({
    id: 'tracking.deleteExperiment',
    method: 'DELETE',
    path: '/api/v1/experiments/:id',
    access: 'tracking:write',
    summary: 'Hides an experiment and its runs until it is restored.',
    params: ById,
    response: Experiment,
  }),
  restoreExperiment: route({
    id: 'tracking.restoreExperiment',
    method: 'POST',
    path: '/api/v1/experiments/:id/restore',
    access: 'tracking:write',
    summary: 'Brings a deleted experiment back.',
    params: ById,
    response: Experiment,
  }),
  purgeExperiment: route({
    id: 'tracking.purgeExperiment',
    method: 'POST',
    path: '/api/v1/experiments/:id/purge',
    access: 'tracking:purge',
    summary:
      'Removes a deleted experiment for good, with its runs, logged models and traces; frees its name.',
    params: ById,
    response: z.object({ id: z.string(), name: z.string(), runs: z.number().int() }),
  }),
  startRun: route({
    id: 'tracking.startRun',
    method: 'POST',
    path: '/api/v1/runs',
    access: 'tracking:write',
    summary: 'Starts a run in an experiment.',
    body: StartRun,
    response: Run,
    status: 201,
  }),
  updateRun: route({
    id: 'tracking.updateRun',
    method: 'PATCH',
    path: '/api/v1/runs/:id',
    access: 'tracking:write',
    summary: 'Renames or annotates a run, or finishes it.',
    params: ById,
    body: RunPatch,
    response: Run,
  }),
  log: route({
    id: 'tracking.log',
    method: 'POST',
    path: '/api/v1/runs/:id/log',
    access: 'tracking:write',
    summary: 'Logs parameters, metric points, tags, inputs and outputs of a run; all or nothing.',
    params: ById,
    body: LogBatch,
    response: z.object({}),
  }),
  searchRuns: route({
    id: 'tracking.searchRuns',
    method: 'GET',
    path: '/api/v1/runs',
    access: 'tracking:read',
    summary: 'Searches runs.',
    query: RunSearchQuery,
    response: pageOf(FoundRun),
  }),
  countRuns: route({
    id: 'tracking.countRuns',
    method: 'GET',
    path: '/api/v1/runs/count',
    access: 'tracking:read',
    summary: 'Counts the runs that a search finds, without reading them.',
    query: RunSearchQuery.omit({ limit: true, cursor: true, orderBy: true, columns: true }),
    response: z.object({ runs: z.number().int() }),
  }),
  getRun: route({
    id: 'tracking.getRun',
    method: 'GET',
    path: '/api/v1/runs/:id',
    access: 'tracking:read',
    summary: 'Shows one run with its inputs, outputs and children.',
    params: ById,
    response: RunDetails,
  }),
  metricHistory: route({
    id: 'tracking.metricHistory',
    method: 'GET',
    path: '/api/v1/runs/:id/metric-history',
    access: 'tracking:read',
    summary: 'Returns the points of a metric, thinned so that the lowest and highest of each stretch stay.',
    params: ById,
    query: z.object({
      name: EntryKey,
      /** At most this many points; 1000 unless given. */
      limit: z.coerce.number().int().min(10).max(50_000).default(1000),
      fromStep: z.coerce.number().int().optional(),
      toStep: z.coerce.number().int().optional(),
    }),
    response: z.object({
      name: z.string(),
      points: z.array(z.object({ step: z.number().int(), at: Timestamp, value: MetricValue })),
      /** Points stored in the range. */
      total: z.number().int(),
      thinned: z.boolean(),
    }),
  }),
  compareRuns: route({
    id: 'tracking.compareRuns',
    method: 'POST',
    path: '/api/v1/runs/compare',
    access: 'tracking:read',
    summary: 'Puts the parameters, the latest metrics and the files of several runs side by side.',
    body: z.object({ runs: z.array(z.string().max(128)).min(1).max(100) }),
    response: Comparison,
  }),
  forkRun: route({
    id: 'tracking.forkRun',
    method: 'POST',
    path: '/api/v1/runs/:id/fork',
    access: 'tracking:write',
    summary: 'Starts a run with the parameters, tags and metric points of another, up to a step.',
    params: ById,
    body: z.object({
      /** That of the run with ` (fork)` behind it unless given. */
      name: z.string().min(1).max(500).optional(),
      /** The last step whose points are copied; all are unless given. */
      step: z.number().int().optional(),
    }),
    response: Run,
    status: 201,
  }),
  rewindRun: route({
    id: 'tracking.rewindRun',
    method: 'POST',
    path: '/api/v1/runs/:id/rewind',
    access: 'tracking:write',
    summary:
      'Puts a run back: metric points behind a step or a time go; the run as it was is kept, deleted, and can be restored.',
    params: ById,
    body: z
      .object({
        /** The last step whose points stay. */
        step: z.number().int().optional(),
        /** The last time whose points stay. */
        at: Timestamp.optional(),
      })
      .refine(({ step, at }) => (step === undefined) !== (at === undefined), {
        message: 'either a step or a time',
      }),
    response: z.object({
      /** That were taken out. */
      points: z.number().int(),
      /** The run as it was; null where nothing was taken out. */
      kept: z.object({ id: z.string(), name: z.string() }).nullable(),
    }),
  }),
  deleteRun: route({
    id: 'tracking.deleteRun',
    method: 'DELETE',
    path: '/api/v1/runs/:id',
    access: 'tracking:write',
    summary: 'Hides a run until it is restored.',
    params: ById,
    response: Run,
  }),
  restoreRun: route({
    id: 'tracking.restoreRun',
    method: 'POST',
    path: '/api/v1/runs/:id/restore',
    access: 'tracking:write',
    summary: 'Brings a deleted run back.',
    params: ById,
    response: Run,
  }),
  purgeRun: route({
    id: 'tracking.purgeRun',
    method: 'POST',
    path: '/api/v1/runs/:id/purge',
    access: 'tracking:purge',
    summary: 'Removes a deleted run for good; its files are freed by the next collection.',
    params: ById,
    response: z.object({ id: z.string(), name: z.string() }),
  }),
  putArtifact: route({
    id: 'tracking.putArtifact',
    method: 'POST',
    path: '/api/v1/runs/:id/artifacts',
    access: 'tracking:write',
    summary: 'Stores a file with a run, in place of an earlier one at the same path.',
    params: ById,
    query: ArtifactPathQuery,
    body: 'stream',
    response: Artifact,
    status: 201,
  }),
  listArtifacts: route({
    id: 'tracking.listArtifacts',
    method: 'GET',
    path: '/api/v1/runs/:id/artifacts',
    access: 'tracking:read',
    summary: 'Lists the files of a run by path.',
    params: ById,
    query: PageQuery.extend({ under: z.string().max(1024).optional() }),
    response: pageOf(Artifact),
  }),
  getArtifact: route({
    id: 'tracking.getArtifact',
    method: 'GET',
    path: '/api/v1/runs/:id/artifact',
    access: 'tracking:read',
    summary:
      'Downloads a file of a run; with `redirect=true`, from the object storage itself where it can give it out.',
    params: ById,
    query: ArtifactPathQuery.extend(DownloadQuery.shape),
    response: 'stream',
  }),
};
