import { z } from 'zod';
import { EvaluationRecord } from './evaluation-datasets.ts';
import { IssueSeverity, IssueStatus } from './issues.ts';
import { Digest, Timestamp } from './primitives.ts';
import { VersionStage } from './registry.ts';
import { route } from './route.ts';
import { MetricValue, runStatuses } from './tracking.ts';
import { Webhook } from './webhooks.ts';

/** Batches of an import hold schemas and profiles of data sets, which have no small bound. */
const batchBytes = 64 * 1024 * 1024;
const mostInBatch = 1_000;

const Id = z.string().min(1).max(128);
/** Names with their values. Not a record: names are free, and JSON parsers refuse `__proto__` among keys. */
const Entries = z.array(z.tuple([z.string().min(1).max(1_000), z.string()]));

export const ImportedExperiment = z.strictObject({
  name: z.string().min(1).max(500),
  /** Kept where it is free in the workspace. */
  number: z.number().int().min(0).max(999_999_999).optional(),
  note: z.string().default(''),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  deletedAt: Timestamp.optional(),
  tags: Entries.default([]),
});
export type ImportedExperiment = z.input<typeof ImportedExperiment>;

const ImportedDataset = z.strictObject({
  dataset: z.strictObject({
    name: z.string(),
    digest: z.string(),
    sourceType: z.string(),
    source: z.string(),
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
  context: z.string().optional(),
  tags: Entries,
});

const ImportedRunModel = z.strictObject({ modelId: Id, step: z.number().int() });

export const ImportedRun = z.strictObject({
  id: Id,
  /** Id of an experiment of this server. */
  experimentId: Id,
  name: z.string(),
  note: z.string().default(''),
  status: z.enum(runStatuses),
  userName: z.string().optional(),
  parentRunId: z.string().optional(),
  startedAt: Timestamp,
  finishedAt: Timestamp.optional(),
  deletedAt: Timestamp.optional(),
  params: Entries.default([]),
  tags: Entries.default([]),
  datasets: z.array(ImportedDataset).default([]),
  modelInputs: z.array(ImportedRunModel).default([]),
  modelOutputs: z.array(ImportedRunModel).default([]),
});
export type ImportedRun = z.input<typeof ImportedRun>;

const Point = z.tuple([z.number().int(), Timestamp, MetricValue]);

/** Points of one metric of a run: step, time and value of each. */
export const ImportedSeries = z.strictObject({
  runId: Id,
  name: z.string().min(1).max(1_000),
  points: z.array(Point).max(50_000),
  /** Which point was shown as the latest. */
  latest: Point.optional(),
});
export type ImportedSeries = z.input<typeof ImportedSeries>;

export const ImportedLoggedModel = z.strictObject({
  id: Id,
  experimentId: Id,
  name: z.string(),
  type: z.string(),
  sourceRunId: z.string().nullable(),
  status: z.enum(['pending', 'ready', 'failed', 'unspecified']),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  deletedAt: Timestamp.optional(),
  params: Entries.default([]),
  tags: Entries.default([]),
  metrics: z
    .array(
      z.strictObject({
        name: z.string(),
        runId: z.string(),
        step: z.number().int(),
        at: Timestamp,
        value: MetricValue,
        datasetName: z.string().optional(),
        datasetDigest: z.string().optional(),
      }),
    )
    .default([]),
});
export type ImportedLoggedModel = z.input<typeof ImportedLoggedModel>;

export const ImportedModel = z.strictObject({
  name: z.string().min(1).max(500),
  description: z.string().default(''),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** The highest number that a version ever had; the next one is above it. */
  lastVersion: z.number().int().min(0),
  tags: Entries.default([]),
  /** Numbers of versions by alias. */
  aliases: z.array(z.tuple([z.string().min(1).max(500), z.number().int().min(1)])).default([]),
});
export type ImportedModel = z.input<typeof ImportedModel>;

export const ImportedVersion = z.strictObject({
  model: z.string().min(1).max(500),
  version: z.number().int().min(1),
  description: z.string().default(''),
  stage: VersionStage,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** What it was registered from, as it was called. */
  source: z.string(),
  /** Whose imported files are its own; null when there are none. */
  folder: z.strictObject({ kind: z.enum(['run', 'logged-model']), id: Id, path: z.string() }).nullable(),
  runId: z.string().nullable(),
  runLink: z.string().default(''),
  loggedModelId: z.string().nullable(),
  tags: Entries.default([]),
});
export type ImportedVersion = z.input<typeof ImportedVersion>;

export const ImportedEvaluationDataset = z.strictObject({
  id: Id,
  name: z.string().min(1).max(500),
  tags: Entries.default([]),
  /** Ids of experiments of this server, deleted or not. */
  experiments: z.array(Id).max(mostInBatch).default([]),
  /** Who made it, and who changed it last, as that was told elsewhere. */
  userName: z.string().optional(),
  updatedUserName: z.string().optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type ImportedEvaluationDataset = z.input<typeof ImportedEvaluationDataset>;

export const ImportedEvaluationRecord = z.strictObject({
  ...EvaluationRecord.shape,
  id: Id,
  /** Id of an evaluation dataset of this server. */
  datasetId: Id,
  userName: z.string().optional(),
  updatedUserName: z.string().optional(),
});
export type ImportedEvaluationRecord = z.infer<typeof ImportedEvaluationRecord>;

/** A version of what judges answers, under its number. */
export const ImportedScorerVersion = z.strictObject({
  /** Of the scorer; kept where it has no other of that name yet. */
  scorerId: Id,
  /** Id of an experiment of this server. */
  experimentId: Id,
  name: z.string().min(1).max(256),
  version: z.number().int().min(1),
  /** JSON. */
  definition: z.string(),
  createdAt: Timestamp,
});
export type ImportedScorerVersion = z.infer<typeof ImportedScorerVersion>;

export const ImportedWebhook = z.strictObject({
  id: Id,
  name: Webhook.shape.name,
  url: z.string().max(2_000),
  events: Webhook.shape.events.min(1),
  description: z.string().default(''),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type ImportedWebhook = z.input<typeof ImportedWebhook>;

/** What was found to go wrong, as it stood elsewhere. Which traces show it comes with these. */
export const ImportedIssue = z.strictObject({
  id: Id,
  /** Id of an experiment of this server, deleted or not. */
  experimentId: Id,
  name: z.string().min(1).max(500),
  description: z.string(),
  status: IssueStatus,
  severity: IssueSeverity.optional(),
  rootCauses: z.array(z.string()).default([]),
  categories: z.array(z.string()).default([]),
  sourceRunId: z.string().optional(),
  /** Who found it, as that was told elsewhere. */
  userName: z.string().optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type ImportedIssue = z.input<typeof ImportedIssue>;

/** What can be asked for how much there is of it. */
const countedKinds = ['experiment', 'run', 'logged-model', 'model'] as const;

const ImportedFile = z.object({ path: z.string(), digest: Digest, size: z.number() });
const FileOwner = z.strictObject({ kind: z.enum(['run', 'logged-model', 'trace']), id: Id });

const Taken = z.object({
  /** How many were not there before. */
  added: z.number().int(),
});

const TakenInPart = Taken.extend({
  /** Places in the request of what this server never keeps: scorers that hold code, receivers that nothing may be sent to. */
  refused: z.array(z.number().int()),
});

/**
 * What moves the history of another tracker into the workspace. Everything may be sent again: what is there by its id or
 * name is left as it is, and nothing is announced as news.
 */
export const importsApi = {
  experiments: route({
    id: 'imports.experiments',
    method: 'POST',
    path: '/api/v1/imports/experiments',
    access: 'imports:run',
    summary:
      'Takes experiments with their names, numbers and times; those that are there by name are answered.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedExperiment).max(mostInBatch) }),
    response: z.object({
      /** In the order of the request. */
      items: z.array(
        z.object({ id: z.string(), name: z.string(), number: z.number().int(), deleted: z.boolean() }),
      ),
      added: z.number().int(),
    }),
  }),
  runs: route({
    id: 'imports.runs',
    method: 'POST',
    path: '/api/v1/imports/runs',
    access: 'imports:run',
    summary: 'Takes runs under their ids, with parameters, tags, data sets and links to logged models.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedRun).max(mostInBatch) }),
    response: Taken,
  }),
  points: route({
    id: 'imports.points',
    method: 'POST',
    path: '/api/v1/imports/points',
    access: 'imports:run',
    summary: 'Takes points of metrics of imported runs; points that are there are not stored twice.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedSeries).max(20_000) }),
    response: z.object({ points: z.number().int() }),
  }),
  loggedModels: route({
    id: 'imports.loggedModels',
    method: 'POST',
    path: '/api/v1/imports/logged-models',
    access: 'imports:run',
    summary: 'Takes logged models under their ids, with parameters, tags and what was measured of them.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedLoggedModel).max(mostInBatch) }),
    response: Taken,
  }),
  models: route({
    id: 'imports.models',
    method: 'POST',
    path: '/api/v1/imports/models',
    access: 'imports:run',
    summary: 'Takes registered models with their tags and aliases.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedModel).max(mostInBatch) }),
    response: Taken,
  }),
  versions: route({
    id: 'imports.versions',
    method: 'POST',
    path: '/api/v1/imports/versions',
    access: 'imports:run',
    summary: 'Takes versions of registered models under their numbers and freezes their imported files.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedVersion).max(mostInBatch) }),
    response: Taken,
  }),
  evaluationDatasets: route({
    id: 'imports.evaluationDatasets',
    method: 'POST',
    path: '/api/v1/imports/evaluation-datasets',
    access: 'imports:run',
    summary: 'Takes evaluation datasets under their ids, with tags and experiments, without their records.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedEvaluationDataset).max(mostInBatch) }),
    response: Taken,
  }),
  evaluationRecords: route({
    id: 'imports.evaluationRecords',
    method: 'POST',
    path: '/api/v1/imports/evaluation-records',
    access: 'imports:run',
    summary: 'Takes records of evaluation datasets under their ids, in their order.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedEvaluationRecord).max(mostInBatch) }),
    response: Taken,
  }),
  scorers: route({
    id: 'imports.scorers',
    method: 'POST',
    path: '/api/v1/imports/scorers',
    access: 'imports:run',
    summary: 'Takes versions of scorers under their numbers; those that hold code are answered, not kept.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedScorerVersion).max(mostInBatch) }),
    response: TakenInPart,
  }),
  issues: route({
    id: 'imports.issues',
    method: 'POST',
    path: '/api/v1/imports/issues',
    access: 'imports:run',
    summary: 'Takes issues under their ids, with status, severity and times.',
    maximumBytes: batchBytes,
    body: z.strictObject({ items: z.array(ImportedIssue).max(mostInBatch) }),
    response: Taken,
  }),
  webhooks: route({
    id: 'imports.webhooks',
    method: 'POST',
    path: '/api/v1/imports/webhooks',
    access: 'imports:run',
    summary: 'Takes webhooks under their ids, disabled and without secrets, which no tracker tells.',
    body: z.strictObject({ items: z.array(ImportedWebhook).max(mostInBatch) }),
    response: TakenInPart,
  }),
  putFile: route({
    id: 'imports.putFile',
    method: 'PUT',
    path: '/api/v1/imports/files/:kind/:id',
    access: 'imports:run',
    summary: 'Stores a file of an imported run, logged model or trace, deleted or not; the body is the file.',
    params: FileOwner,
    query: z.object({ path: z.string().max(1_024) }),
    body: 'stream',
    response: ImportedFile,
  }),
  files: route({
    id: 'imports.files',
    method: 'POST',
    path: '/api/v1/imports/files',
    access: 'imports:run',
    summary: 'Lists the files of a run, a logged model or a trace with their digests, by path.',
    body: FileOwner.extend({ after: z.string().max(1_024).optional() }),
    response: z.object({
      /** At most 1000; the next page begins after the last path. */
      items: z.array(ImportedFile),
    }),
  }),
  counts: route({
    id: 'imports.counts',
    method: 'POST',
    path: '/api/v1/imports/counts',
    access: 'imports:run',
    summary:
      'Counts what there is of experiments, runs, logged models (by id) and registered models (by name).',
    body: z.strictObject({ kind: z.enum(countedKinds), ids: z.array(z.string()).max(mostInBatch) }),
    response: z.object({
      /** Those that are there. A count that is 0 may be left out. */
      items: z.array(z.object({ id: z.string(), counts: z.record(z.string(), z.number().int()) })),
    }),
  }),
} as const;
