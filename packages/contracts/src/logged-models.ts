import { z } from 'zod';
import { ById, DownloadQuery, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';
import { Artifact, MetricValue } from './tracking.ts';

/** `pending` until its files are there, then `ready`, or `failed` when they could not be brought. */
const loggedModelStatuses = ['pending', 'ready', 'failed', 'unspecified'] as const;

/** A model that was made in an experiment, with its files: what may be registered later. */
const LoggedModel = z.object({
  id: z.string(),
  experimentId: z.string(),
  name: z.string(),
  /** As whoever logged it calls it; empty where nothing was said. */
  type: z.string(),
  /** The run that made it, as whoever logged it says. */
  sourceRunId: z.string().nullable(),
  status: z.enum(loggedModelStatuses),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
  params: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  /** What runs measured of it, each on a data set where that was said. */
  metrics: z.array(
    z.object({
      name: z.string(),
      value: MetricValue,
      step: z.number().int(),
      at: Timestamp,
      runId: z.string(),
      datasetName: z.string().nullable(),
      datasetDigest: z.string().nullable(),
    }),
  ),
});

/** Column or tensor of a signature. */
const LoggedColumn = z.object({
  name: z.string().nullable(),
  type: z.string(),
  required: z.boolean(),
  /** Of a tensor; -1 is any size. */
  shape: z.array(z.number().int()).nullable(),
});

/** What its files say of a logged model, and what was made of it. */
const LoggedModelDescription = z.object({
  /** What can load it, as its `MLmodel` names them. */
  flavors: z.array(z.string()),
  /** Null where its files have none that can be read. */
  signature: z
    .object({
      inputs: z.array(LoggedColumn),
      outputs: z.array(LoggedColumn),
      params: z.array(z.object({ name: z.string(), type: z.string() })),
    })
    .nullable(),
  /** Versions of registered models that were made of it. */
  versions: z.array(z.object({ model: z.string(), version: z.number().int() })),
});
export type LoggedModelDescription = z.infer<typeof LoggedModelDescription>;

/** Operations on logged models; the MLflow protocol reaches the same ones. */
export const loggedModelsApi = {
  searchLoggedModels: route({
    id: 'tracking.searchLoggedModels',
    method: 'GET',
    path: '/api/v1/logged-models',
    access: 'tracking:read',
    summary: 'Searches logged models, of one experiment or all.',
    query: PageQuery.extend({
      /** Name of the experiment; all of them unless given. */
      experiment: z.string().min(1).max(500).optional(),
      /** Id of the run that made them. */
      run: z.string().min(1).max(128).optional(),
      /** A part of the name; case does not matter. */
      text: z.string().trim().min(1).max(500).optional(),
      /** `createdAt desc` (default), `name`, `type`, `status`, `metrics.auc desc`. Missing values come last. */
      orderBy: z.string().max(300).optional(),
    }),
    response: pageOf(LoggedModel),
  }),
  getLoggedModel: route({
    id: 'tracking.getLoggedModel',
    method: 'GET',
    path: '/api/v1/logged-models/:id',
    access: 'tracking:read',
    summary: 'Shows a logged model with what its files say of it and the versions made of it.',
    params: ById,
    response: LoggedModel.extend({ experiment: z.string(), description: LoggedModelDescription }),
  }),
  listLoggedModelArtifacts: route({
    id: 'tracking.listLoggedModelArtifacts',
    method: 'GET',
    path: '/api/v1/logged-models/:id/artifacts',
    access: 'tracking:read',
    summary: 'Lists the files of a logged model by path.',
    params: ById,
    query: PageQuery,
    response: pageOf(Artifact),
  }),
  getLoggedModelArtifact: route({
    id: 'tracking.getLoggedModelArtifact',
    method: 'GET',
    path: '/api/v1/logged-models/:id/artifact',
    access: 'tracking:read',
    summary:
      'Downloads a file of a logged model; with `redirect=true`, from the object storage itself where it can give it out.',
    params: ById,
    query: DownloadQuery.extend({ path: z.string().min(1).max(1024) }),
    response: 'stream',
  }),
} as const;
