import { z } from 'zod';
import { ModelSignature } from './model-signature.ts';
import { ById, ByName, Digest, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

export const NewModel = z.strictObject({
  name: Name,
  project: Name,
  description: z.string().max(10_000).default(''),
});

export const RegisteredModel = z.object({
  name: Name,
  project: Name,
  description: z.string(),
  /** Number of the newest version; 0 before the first. */
  latestVersion: z.number().int(),
  /** Alias → number of the version it stands for. */
  aliases: z.record(z.string(), z.number().int()),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type RegisteredModel = z.infer<typeof RegisteredModel>;

/** A frozen version: its bundle never changes under its digest. */
export const ModelVersion = z.object({
  id: z.string(),
  model: Name,
  version: z.number().int().min(1),
  project: Name,
  /** `ready`: checked and frozen. There is no way to register a version that is not. */
  status: z.literal('ready'),
  /** Merkle digest of the bundle. */
  digest: Digest,
  bytes: z.number().int(),
  artifacts: z.array(z.object({ path: z.string(), digest: Digest, size: z.number().int() })),
  signature: ModelSignature,
  trainedModelId: z.string(),
  evaluationId: z.string(),
  runId: z.string(),
  splitId: z.string(),
  datasetVersions: z.array(z.object({ id: z.string(), digest: z.string() })),
  metrics: z.record(z.string(), z.number()),
  environment: z.object({
    /** Digest of the packages and the runtime it was trained with. */
    digest: z.string(),
    codeCommit: z.string().nullable(),
  }),
  /** Where the stored examples come from. */
  examplesFrom: z.enum(['test-split', 'author', 'model']),
  description: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type ModelVersion = z.infer<typeof ModelVersion>;

const ByModelVersion = z.object({
  name: Name,
  /** A number, or an alias. */
  version: z.string().min(1).max(128),
});

export const registryApi = {
  createModel: route({
    id: 'registry.createModel',
    method: 'POST',
    path: '/api/v1/models',
    access: 'registry:write',
    summary: 'Opens a model: the name under which versions are registered.',
    body: NewModel,
    response: RegisteredModel,
    status: 201,
  }),
  models: route({
    id: 'registry.models',
    method: 'GET',
    path: '/api/v1/models',
    access: 'registry:read',
    summary: 'Lists registered models by name.',
    query: PageQuery.extend({ project: Name.optional() }),
    response: pageOf(RegisteredModel),
  }),
  model: route({
    id: 'registry.model',
    method: 'GET',
    path: '/api/v1/models/:name',
    access: 'registry:read',
    summary: 'Shows a registered model with its aliases.',
    params: ByName,
    response: RegisteredModel,
  }),
  registerVersion: route({
    id: 'registry.registerVersion',
    method: 'POST',
    path: '/api/v1/models/:name/versions',
    access: 'registry:write',
    summary:
      'Checks a trained model and freezes it as the next version; the same trained model gives the same version.',
    params: ByName,
    body: z.strictObject({
      trainedModelId: z.string().min(1),
      evaluationId: z.string().min(1),
      description: z.string().max(10_000).default(''),
    }),
    response: ModelVersion,
    status: 201,
  }),
  versions: route({
    id: 'registry.versions',
    method: 'GET',
    path: '/api/v1/models/:name/versions',
    access: 'registry:read',
    summary: 'Lists the versions of a model, newest first.',
    params: ByName,
    query: PageQuery,
    response: pageOf(ModelVersion),
  }),
  version: route({
    id: 'registry.version',
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version',
    access: 'registry:read',
    summary: 'Shows a version by its number or an alias.',
    params: ByModelVersion,
    response: ModelVersion,
  }),
  versionById: route({
    id: 'registry.versionById',
    method: 'GET',
    path: '/api/v1/model-versions/:id',
    access: 'registry:read',
    summary: 'Shows a version by its id.',
    params: ById,
    response: ModelVersion,
  }),
  setAlias: route({
    id: 'registry.setAlias',
    method: 'PUT',
    path: '/api/v1/models/:name/aliases/:alias',
    access: 'registry:write',
    summary: 'Points an alias at a version. Aliases are labels: traffic moves by changes alone.',
    params: z.object({ name: Name, alias: Name }),
    body: z.strictObject({ version: z.number().int().min(1) }),
    response: RegisteredModel,
  }),
};
