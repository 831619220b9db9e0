import { z } from 'zod';
import { ModelSignature } from './model-signature.ts';
import { ById, Digest, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** Name of a registered model: any text without slash and colon, because clients of other protocols name them freely. */
export const ModelName = z
  .string()
  .regex(/^[^/:]{1,256}$/u, 'a text without slash and colon; 1 to 256 characters')
  .refine((name) => name.trim() !== '' && name !== '.' && name !== '..', 'a name that says something');

const AliasName = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/,
    'letters, digits, dot, dash and underscore; 1 to 255 characters',
  );

export const NewModel = z.strictObject({
  name: Name,
  project: Name,
  description: z.string().max(10_000).default(''),
});

/** Where a version stands in the eyes of its owners: a label, which moves no traffic. */
export const VersionStage = z.enum(['none', 'staging', 'production', 'archived']);
export type VersionStage = z.infer<typeof VersionStage>;

export const RegisteredModel = z.object({
  name: ModelName,
  /** A prompt is kept like a model, and its texts like versions. */
  kind: z.enum(['model', 'prompt']),
  project: Name,
  description: z.string(),
  /** Number of the newest version; 0 before the first. */
  latestVersion: z.number().int(),
  /** Alias → number of the version it stands for. */
  aliases: z.record(z.string(), z.number().int()),
  tags: z.record(z.string(), z.string()),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type RegisteredModel = z.infer<typeof RegisteredModel>;

const VersionHead = z.object({
  id: z.string(),
  model: ModelName,
  version: z.number().int().min(1),
  project: Name,
  /** `ready`: frozen. There is no way to register a version that is not. */
  status: z.literal('ready'),
  bytes: z.number().int(),
  artifacts: z.array(z.object({ path: z.string(), digest: Digest, size: z.number().int() })),
  datasetVersions: z.array(z.object({ id: z.string(), digest: z.string() })),
  metrics: z.record(z.string(), z.number()),
  description: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
});

/** What a version is checked and evaluated by before it is frozen. */
const VersionEvidence = z.object({
  /** Merkle digest of the bundle. */
  digest: Digest,
  signature: ModelSignature,
  trainedModelId: z.string(),
  evaluationId: z.string(),
  runId: z.string(),
  splitId: z.string(),
  environment: z.object({
    /** Digest of the packages and the runtime it was trained with. */
    digest: z.string(),
    codeCommit: z.string().nullable(),
  }),
  /** Where the stored examples come from. */
  examplesFrom: z.enum(['test-split', 'author', 'model']),
});

/** A frozen version with a checked graph: all that a model server needs of it. */
export const ServableVersion = VersionHead.extend({
  digest: VersionEvidence.shape.digest,
  signature: VersionEvidence.shape.signature,
  examplesFrom: VersionEvidence.shape.examplesFrom,
  /** Null of one that was never evaluated here. */
  trainedModelId: VersionEvidence.shape.trainedModelId.nullable(),
});
export type ServableVersion = z.infer<typeof ServableVersion>;

/** A frozen version that was checked and evaluated here, so that endpoints may serve it. Its bundle never changes. */
export const ModelVersion = VersionHead.extend(VersionEvidence.shape);
export type ModelVersion = z.infer<typeof ModelVersion>;

const evidence = VersionEvidence.shape;

/** Any version of the registry: one that was checked here, or one that was registered as it is, with what it has. */
export const RegisteredVersion = VersionHead.extend({
  /** Null of a version without files. */
  digest: evidence.digest.nullable(),
  signature: evidence.signature.nullable(),
  trainedModelId: evidence.trainedModelId.nullable(),
  evaluationId: evidence.evaluationId.nullable(),
  runId: evidence.runId.nullable(),
  splitId: evidence.splitId.nullable(),
  environment: evidence.environment.nullable(),
  examplesFrom: evidence.examplesFrom.nullable(),
  /** Why no endpoint may serve it; null when one may. */
  notDeployable: z.string().nullable(),
  /** Why it may serve endpoints of the stage development alone; null when it was evaluated here, or may serve none. */
  unproven: z.string().nullable(),
  /** What it was registered from, as whoever registered it called it. */
  source: z.string(),
  loggedModelId: z.string().nullable(),
  stage: VersionStage,
  aliases: z.array(z.string()),
  tags: z.record(z.string(), z.string()),
  updatedAt: Timestamp,
});
export type RegisteredVersion = z.infer<typeof RegisteredVersion>;

const pattern = /^[^/:@]{1,256}(?:@[A-Za-z0-9._*-]{1,255}|:(?:\*|none|staging|production|archived))$/u;

/**
 * Labels that move by changes alone: `model@alias` and `model:stage`, where a star is any part of a name or alias, and any
 * stage.
 */
export const ProtectedLabels = z.strictObject({
  patterns: z
    .array(z.string().regex(pattern, '`model@alias` or `model:stage`, with * for any part'))
    .max(200),
});
export type ProtectedLabels = z.infer<typeof ProtectedLabels>;

/** A file that runs code while it is read, and may. */
export const AllowedPickle = z.object({
  digest: Digest,
  reason: z.string(),
  allowedBy: z.string(),
  allowedAt: Timestamp,
});
export type AllowedPickle = z.infer<typeof AllowedPickle>;

/**
 * Stored questions with their true answers, `cases.json` beside a model: the value of each column by name, and the score
 * that is expected (the probability of class 1, or the value of a regression), to 1e-4 of its size.
 */
export const IntegrationCases = z
  .array(
    z.strictObject({
      inputs: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
      expected: z.number(),
    }),
  )
  .min(1)
  .max(10_000);
export type IntegrationCases = z.infer<typeof IntegrationCases>;

/** An estimator to convert: files of a run, below the run itself unless a path says where, or those of a version. */
export const ConversionSource = z.union([
  z.strictObject({ runId: z.string().min(1).max(128), path: z.string().max(1024).default('') }),
  z.strictObject({ modelVersionId: z.string().min(1).max(128) }),
]);
export type ConversionSource = z.infer<typeof ConversionSource>;

/** How a graph was made of an estimator and compared with it: `conversion.json` of its version. */
export const ConversionReport = z.object({
  /** Merkle digest of the files that were converted. */
  digest: Digest,
  /** `sklearn`, `xgboost`, `lightgbm`, or `pickle` for a bare file. */
  flavour: z.string(),
  /** What it was converted with, by package. */
  packages: z.record(z.string(), z.string()),
  /** One input for all columns, or one for each. */
  form: z.enum(['matrix', 'columns']),
  /** Rows that both were asked about: of the example, made up, and with a value missing that the original does without. */
  rows: z.object({ examples: z.number().int(), madeUp: z.number().int(), gaps: z.number().int() }),
  /** Largest difference that is let pass, in parts of the size of the original's answer, or of 1 where that is smaller. */
  tolerance: z.number(),
  outputs: z.array(z.object({ output: z.string(), worst: z.number() })),
});
export type ConversionReport = z.infer<typeof ConversionReport>;

/** What a conversion came to: the result of its job. */
export const ConversionResult = z.object({
  modelVersionId: z.string(),
  version: z.number().int(),
  /** False when a version of the same graph was there already. */
  created: z.boolean(),
  report: ConversionReport,
});
export type ConversionResult = z.infer<typeof ConversionResult>;

/** What a change of the kind `registry.label` does. */
export const LabelChange = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('set-alias'),
    model: ModelName,
    alias: z.string(),
    version: z.number().int(),
  }),
  z.strictObject({ action: z.literal('delete-alias'), model: ModelName, alias: z.string() }),
  z.strictObject({
    action: z.literal('set-stage'),
    model: ModelName,
    version: z.number().int(),
    stage: VersionStage,
    /** Versions that hold the stage until then are archived. */
    archiveOthers: z.boolean(),
  }),
  z.strictObject({ action: z.literal('rename-model'), model: ModelName, newName: ModelName }),
  z.strictObject({ action: z.literal('delete-model'), model: ModelName }),
  z.strictObject({ action: z.literal('delete-version'), model: ModelName, version: z.number().int() }),
]);
export type LabelChange = z.infer<typeof LabelChange>;

/** Why a label moves by changes alone. */
export const LabelGuard = z.object({
  kind: z.enum(['alias', 'stage']),
  /** The alias or the stage. */
  label: z.string(),
  because: z.enum(['served', 'policy']),
  /** The endpoint that serves the version it stands for, or the pattern of the policy. */
  by: z.string(),
});
export type LabelGuard = z.infer<typeof LabelGuard>;

const ByModel = z.object({ name: ModelName });
const ByModelVersion = z.object({
  name: ModelName,
  /** A number, or an alias. */
  version: z.string().min(1).max(255),
});
const ByAlias = z.object({ name: ModelName, alias: AliasName });

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
    summary: 'Lists registered models, or prompts, by name.',
    query: PageQuery.extend({
      project: Name.optional(),
      kind: RegisteredModel.shape.kind.default('model'),
    }),
    response: pageOf(RegisteredModel),
  }),
  model: route({
    id: 'registry.model',
    method: 'GET',
    path: '/api/v1/models/:name',
    access: 'registry:read',
    summary: 'Shows a registered model with its aliases.',
    params: ByModel,
    response: RegisteredModel,
  }),
  renameModel: route({
    id: 'registry.renameModel',
    method: 'PATCH',
    path: '/api/v1/models/:name',
    access: 'registry:write',
    summary: 'Gives a model another name. With protected labels it asks for a change instead.',
    params: ByModel,
    body: z.strictObject({ name: Name }),
    response: RegisteredModel,
  }),
  deleteModel: route({
    id: 'registry.deleteModel',
    method: 'DELETE',
    path: '/api/v1/models/:name',
    access: 'registry:write',
    summary: 'Deletes a model with its versions. With protected labels it asks for a change instead.',
    params: ByModel,
    response: z.object({}),
  }),
  labelGuards: route({
    id: 'registry.labelGuards',
    method: 'GET',
    path: '/api/v1/models/:name/label-guards',
    access: 'registry:read',
    summary: 'Lists the labels of a model that move by changes alone, and why.',
    params: ByModel,
    response: z.object({ items: z.array(LabelGuard) }),
  }),
  registerVersion: route({
    id: 'registry.registerVersion',
    method: 'POST',
    path: '/api/v1/models/:name/versions',
    access: 'registry:write',
    summary:
      'Checks a trained model and freezes it as the next version; the same trained model gives the same version.',
    params: ByModel,
    body: z.strictObject({
      trainedModelId: z.string().min(1),
      evaluationId: z.string().min(1),
      description: z.string().max(10_000).default(''),
    }),
    response: ModelVersion,
    status: 201,
  }),
  registerFromRun: route({
    id: 'registry.registerFromRun',
    method: 'POST',
    path: '/api/v1/models/:name/versions/from-run',
    access: 'registry:write',
    summary:
      'Inspects an ONNX file or an MLflow model among the files of a run and freezes it as the next version; the same files give the same version. It is unproven: for endpoints in development alone.',
    params: ByModel,
    body: z.strictObject({
      runId: z.string().min(1).max(128),
      /** The folder below the run that holds the model, or its one file; empty for all its files. */
      path: z.string().max(1024).default(''),
      description: z.string().max(10_000).default(''),
    }),
    response: RegisteredVersion.extend({ created: z.boolean() }),
    status: 201,
  }),
  convert: route({
    id: 'registry.convert',
    method: 'POST',
    path: '/api/v1/models/:name/conversions',
    access: 'pickles:allow',
    status: 202,
    summary:
      'Converts an estimator of scikit-learn, XGBoost or LightGBM to ONNX in a job, and freezes the graph as the next version when it answers as the original does. Loading the original runs its code, once and in a sandbox.',
    params: ByModel,
    body: z.strictObject({
      source: ConversionSource,
      /** Says what it was converted from unless given. */
      description: z.string().max(10_000).default(''),
    }),
    response: z.object({ jobId: z.string() }),
  }),
  allowedPickles: route({
    id: 'registry.allowedPickles',
    method: 'GET',
    path: '/api/v1/allowed-pickles',
    access: 'registry:read',
    summary: 'Pickled files that may be loaded, by their digests.',
    query: PageQuery,
    response: pageOf(AllowedPickle),
  }),
  allowPickle: route({
    id: 'registry.allowPickle',
    method: 'POST',
    path: '/api/v1/allowed-pickles',
    access: 'pickles:allow',
    summary:
      'Allows models with a pickled file to be registered, by its digest. Loading it runs its code, in a sandbox.',
    body: z.strictObject({ digest: Digest, reason: z.string().min(1).max(2_000) }),
    response: AllowedPickle,
    status: 201,
  }),
  forbidPickle: route({
    id: 'registry.forbidPickle',
    method: 'DELETE',
    path: '/api/v1/allowed-pickles/:digest',
    access: 'pickles:allow',
    summary: 'Registers no further model with a pickled file; versions that were registered stay.',
    params: z.object({ digest: Digest }),
    response: z.object({ digest: Digest }),
  }),
  inspectVersion: route({
    id: 'registry.inspectVersion',
    method: 'POST',
    path: '/api/v1/model-versions/:id/inspection',
    access: 'registry:write',
    summary:
      'Inspects the graph of a version that was registered as it is, so that endpoints in development may serve it.',
    params: ById,
    response: RegisteredVersion,
  }),
  versions: route({
    id: 'registry.versions',
    method: 'GET',
    path: '/api/v1/models/:name/versions',
    access: 'registry:read',
    summary: 'Lists the versions of a model, newest first.',
    params: ByModel,
    query: PageQuery,
    response: pageOf(RegisteredVersion),
  }),
  version: route({
    id: 'registry.version',
    method: 'GET',
    path: '/api/v1/models/:name/versions/:version',
    access: 'registry:read',
    summary: 'Shows a version by its number or an alias.',
    params: ByModelVersion,
    response: RegisteredVersion,
  }),
  deleteVersion: route({
    id: 'registry.deleteVersion',
    method: 'DELETE',
    path: '/api/v1/models/:name/versions/:version',
    access: 'registry:write',
    summary:
      'Deletes a version; its number is not given again. With protected labels it asks for a change instead.',
    params: ByModelVersion,
    response: z.object({}),
  }),
  setStage: route({
    id: 'registry.setStage',
    method: 'PUT',
    path: '/api/v1/models/:name/versions/:version/stage',
    access: 'registry:write',
    summary: 'Gives a version a stage. Stages are labels; a protected one asks for a change instead.',
    params: ByModelVersion,
    body: z.strictObject({ stage: VersionStage, archiveOthers: z.boolean().default(false) }),
    response: RegisteredVersion,
  }),
  versionById: route({
    id: 'registry.versionById',
    method: 'GET',
    path: '/api/v1/model-versions/:id',
    access: 'registry:read',
    summary: 'Shows a version by its id.',
    params: ById,
    response: RegisteredVersion,
  }),
  setAlias: route({
    id: 'registry.setAlias',
    method: 'PUT',
    path: '/api/v1/models/:name/aliases/:alias',
    access: 'registry:write',
    summary: 'Points an alias at a version. Aliases are labels; a protected one asks for a change instead.',
    params: ByAlias,
    body: z.strictObject({ version: z.number().int().min(1) }),
    response: RegisteredModel,
  }),
  deleteAlias: route({
    id: 'registry.deleteAlias',
    method: 'DELETE',
    path: '/api/v1/models/:name/aliases/:alias',
    access: 'registry:write',
    summary: 'Takes an alias away. A protected one asks for a change instead.',
    params: ByAlias,
    response: RegisteredModel,
  }),
  protectedLabels: route({
    id: 'registry.protectedLabels',
    method: 'GET',
    path: '/api/v1/policies/protected-labels',
    access: 'policies:read',
    summary: 'Shows which labels of models move by changes alone.',
    response: ProtectedLabels,
  }),
  putProtectedLabels: route({
    id: 'registry.putProtectedLabels',
    method: 'PUT',
    path: '/api/v1/policies/protected-labels',
    access: 'policies:write',
    summary:
      'Says which labels of models move by changes alone: patterns like `fraud@champion` and `*:production`.',
    body: ProtectedLabels,
    response: ProtectedLabels,
  }),
};
