import { z } from 'zod';
import {
  ById,
  ByName,
  Digest,
  DownloadQuery,
  Json,
  Name,
  PageQuery,
  pageOf,
  Timestamp,
} from './primitives.ts';
import { route } from './route.ts';

/** A column: its SQL type and the kind of value that type holds. */
const DatasetColumn = z.object({
  name: z.string(),
  type: z.string(),
  kind: z.enum([
    'integer',
    'number',
    'string',
    'boolean',
    'date',
    'timestamp',
    'time',
    'array',
    'object',
    'binary',
    'other',
  ]),
});

export const Dataset = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string().optional(),
  description: z.string(),
  /** Number of the contract version that ingestion uses unless told otherwise. */
  contractVersion: z.number().int().optional(),
  latestVersion: z.object({ id: z.string(), number: z.number().int(), rows: z.number().int() }).optional(),
  createdAt: Timestamp,
  createdBy: z.string(),
});

export const LandedFile = z.object({
  id: z.string(),
  dataset: z.string(),
  fileName: z.string(),
  format: z.enum(['parquet', 'csv']),
  digest: Digest,
  /** Bytes. */
  size: z.number().int(),
  rows: z.number().int(),
  columns: z.array(DatasetColumn),
  landedAt: Timestamp,
  landedBy: z.string(),
});

const ColumnProfile = DatasetColumn.extend({
  count: z.number().int(),
  nulls: z.number().int(),
  /** Approximate (HyperLogLog). */
  distinct: z.number().int(),
  /** Numbers as they are, times in milliseconds since 1970, texts as texts. */
  min: z.union([z.number(), z.string()]).nullable(),
  max: z.union([z.number(), z.string()]).nullable(),
  mean: z.number().nullable(),
  std: z.number().nullable(),
  /** Approximate (t-digest), by probability: `{"0.5": 12}`. Numbers and times only. */
  quantiles: z.record(z.string(), z.number()).nullable(),
  topValues: z.array(z.object({ value: z.string(), count: z.number().int() })),
  /** `counts[i]` values lie in (edges[i], edges[i + 1]]; the first bin also holds its lower edge. */
  histogram: z.object({ edges: z.array(z.number()), counts: z.array(z.number().int()) }).nullable(),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

const ContractVersionSummary = z.object({
  id: z.string(),
  dataset: z.string(),
  version: z.number().int(),
  digest: Digest,
  createdAt: Timestamp,
  createdBy: z.string(),
});

const ValidationCheck = z.object({
  id: z.string(),
  title: z.string(),
  column: z.string().nullable(),
  group: z.enum(['schema', 'missing', 'distribution', 'validity', 'uniqueness', 'volume', 'query']),
  severity: z.enum(['error', 'warning', 'info']),
  outcome: z.enum(['passed', 'failed', 'not-evaluated']),
  /** Measured value in the unit of the check; null when it could not be measured. */
  measured: z.number().nullable(),
  /** What was accepted, in words: `at most 0.01 %`. */
  accepted: z.string(),
  unit: z.enum(['rows', 'percent', 'value']),
  /** Rows that break the check; null for checks that are not about single rows. */
  failingRows: z.number().int().nullable(),
  reason: z.string().nullable(),
});
export type ValidationCheck = z.infer<typeof ValidationCheck>;

const ValidationSummary = z.object({
  id: z.string(),
  dataset: z.string(),
  versionId: z.string().nullable(),
  contractVersion: z.number().int(),
  contractDigest: Digest,
  outcome: z.enum(['passed', 'refused']),
  rows: z.number().int(),
  /** Distinct rows that break at least one failed check about single rows. */
  failingRows: z.number().int(),
  failedChecks: z.number().int(),
  at: Timestamp,
});

export const ValidationRun = ValidationSummary.extend({
  checks: z.array(ValidationCheck),
  /** Rules of the contract that are text for people. */
  documented: z.array(z.string()),
  unexpectedColumns: z.array(z.string()),
  /** At most 100 failing rows, each with the check it broke. */
  sample: z.array(z.object({ check: z.string(), row: z.record(z.string(), Json) })),
});

export const DatasetVersion = z.object({
  id: z.string(),
  dataset: z.string(),
  number: z.number().int(),
  /** Merkle digest of the directory of its files. */
  digest: z.string(),
  /** Digest of the rows as a set, whatever their order. */
  rowsDigest: z.string(),
  rows: z.number().int(),
  /** Bytes. */
  size: z.number().int(),
  origin: z.enum(['ingested', 'derived']),
  description: z.string(),
  attributes: Json,
  columns: z.array(DatasetColumn),
  createdAt: Timestamp,
  createdBy: z.string(),
});

export const DatasetVersionDetail = DatasetVersion.extend({
  profile: z.array(ColumnProfile),
  parents: z.array(z.object({ kind: z.string(), id: z.string() })),
  validation: ValidationSummary.optional(),
});

/** ISO 8601 text or milliseconds since 1970 for times; a number for numeric columns. */
const Bound = z.union([z.string().min(1).max(64), z.number()]);

export const DatasetWindow = z.object({
  column: z.string().min(1),
  /** The first value inside. */
  from: Bound.optional(),
  /** The first value outside. */
  to: Bound.optional(),
});

const ContractChoice = z.union([z.number().int().min(1), z.enum(['latest', 'none'])]);

const IngestRequest = z.object({
  /** Ids of landed files; all of them unless given. */
  files: z.array(z.string()).min(1).max(10_000).optional(),
  window: DatasetWindow.optional(),
  /** The dataset's contract unless given. */
  contract: ContractChoice.optional(),
  /** Removes rows that are equal to another in every column. */
  deduplicate: z.boolean().default(false),
});

/** Result of the job `datasets.ingest`. */
export const IngestResult = z.object({
  outcome: z.enum(['created', 'refused']),
  /** False when a version with the same rows was there already. */
  isNew: z.boolean(),
  versionId: z.string().optional(),
  validationRunId: z.string().optional(),
  rowsRead: z.number().int(),
  rowsOutsideWindow: z.number().int(),
  duplicatesRemoved: z.number().int(),
});
export type IngestResult = z.infer<typeof IngestResult>;

const ContractDocument = z.union([z.string().max(1_000_000), z.record(z.string(), Json)]);

const ContractFinding = z.object({
  level: z.enum(['error', 'note']),
  /** Where in the document: `schema[0].properties[2].quality[0]`. */
  path: z.string(),
  message: z.string(),
});

const ContractVersion = ContractVersionSummary.extend({
  document: Json,
  findings: z.array(ContractFinding),
});

const ContractDifference = z.object({
  path: z.string(),
  message: z.string(),
  direction: z.enum(['looser', 'stricter', 'changed', 'neutral']),
  /** Whoever reads the data may meet what the contract before ruled out. */
  breaking: z.boolean(),
});

export const SplitRecipe = z.object({
  method: z.literal('time').default('time'),
  timeColumn: z.string().min(1),
  trainFrom: Bound.optional(),
  /** The first time outside the training part. */
  trainUntil: Bound,
  /** `trainUntil` unless given; may not lie before it. */
  testFrom: Bound.optional(),
  testUntil: Bound.optional(),
  /** Share of the training rows, the latest ones, that becomes the validation part. */
  validationShare: z.number().gt(0).lt(1).optional(),
  /** Rows drawn from the training time, the validation part included. */
  trainRows: z.number().int().min(1).optional(),
  testRows: z.number().int().min(1).optional(),
  /** Columns whose values should not stand in both the training and the test part; the overlap is counted. */
  groupColumns: z.array(z.string()).max(8).optional(),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type SplitRecipe = z.infer<typeof SplitRecipe>;

const SplitPart = z.object({
  rows: z.number().int(),
  /** Digest of the part's rows as a set. */
  digest: Digest,
  firstTime: Timestamp,
  lastTime: Timestamp,
});

export const Split = z.object({
  id: z.string(),
  datasetVersionId: z.string(),
  digest: Digest,
  recipe: SplitRecipe,
  parts: z.object({ train: SplitPart, validation: SplitPart.optional(), test: SplitPart }),
  leakage: z.object({
    /** Rows of the test part that stand in the training or validation part too. */
    sharedRows: z.number().int(),
    /** A training or validation row is later than the first test row. */
    timeOverlap: z.boolean(),
    /** Groups that stand in both; null when no group columns were named. */
    groupOverlap: z.number().int().nullable(),
  }),
  /** Rows whose time is missing: they are in no part. */
  rowsWithoutTime: z.number().int(),
  createdAt: Timestamp,
  createdBy: z.string(),
});

const ByContractVersion = z.object({ name: Name, version: z.coerce.number().int().min(1) });

/** Operations of the room datasets. */
export const datasetsApi = {
  create: route({
    id: 'datasets.create',
    method: 'POST',
    path: '/api/v1/datasets',
    access: 'datasets:write',
    status: 201,
    summary: 'Creates a dataset.',
    body: z.object({ name: Name, project: Name.optional(), description: z.string().max(4000).default('') }),
    response: Dataset,
  }),
  list: route({
    id: 'datasets.list',
    method: 'GET',
    path: '/api/v1/datasets',
    access: 'datasets:read',
    summary: 'Lists datasets.',
    query: PageQuery.extend({ project: Name.optional() }),
    response: pageOf(Dataset),
  }),
  get: route({
    id: 'datasets.get',
    method: 'GET',
    path: '/api/v1/datasets/:name',
    access: 'datasets:read',
    summary: 'Shows a dataset.',
    params: ByName,
    response: Dataset,
  }),
  landFile: route({
    id: 'datasets.landFile',
    method: 'POST',
    path: '/api/v1/datasets/:name/files',
    access: 'datasets:write',
    status: 201,
    summary: 'Uploads a Parquet or CSV file into the landing zone of a dataset.',
    params: ByName,
    query: z.object({
      /** A hint for the error message; the content decides. */
      format: z.enum(['parquet', 'csv']).optional(),
      fileName: z.string().min(1).max(255).default('upload'),
    }),
    body: 'stream',
    response: LandedFile,
  }),
  listFiles: route({
    id: 'datasets.listFiles',
    method: 'GET',
    path: '/api/v1/datasets/:name/files',
    access: 'datasets:read',
    summary: 'Lists the landed files of a dataset.',
    params: ByName,
    query: PageQuery,
    response: pageOf(LandedFile),
  }),
  putContract: route({
    id: 'datasets.putContract',
    method: 'PUT',
    path: '/api/v1/datasets/:name/contract',
    access: 'datasets:write',
    summary: 'Saves a version of the contract (ODCS 3.1.0) and makes it the default of the dataset.',
    params: ByName,
    body: z.object({ document: ContractDocument }),
    response: ContractVersion,
  }),
  listContracts: route({
    id: 'datasets.listContracts',
    method: 'GET',
    path: '/api/v1/datasets/:name/contracts',
    access: 'datasets:read',
    summary: 'Lists the contract versions of a dataset.',
    params: ByName,
    query: PageQuery,
    response: pageOf(ContractVersionSummary),
  }),
  getContract: route({
    id: 'datasets.getContract',
    method: 'GET',
    path: '/api/v1/datasets/:name/contracts/:version',
    access: 'datasets:read',
    summary: 'Shows a contract version.',
    params: ByContractVersion,
    response: ContractVersion,
  }),
  lintContract: route({
    id: 'datasets.lintContract',
    method: 'POST',
    path: '/api/v1/contracts/lint',
    access: 'datasets:read',
    summary: 'Checks a contract without saving it.',
    body: z.object({ document: ContractDocument, dataset: Name.optional() }),
    response: z.object({
      valid: z.boolean(),
      findings: z.array(ContractFinding),
      checks: z.array(z.object({ id: z.string(), title: z.string(), accepted: z.string() })),
    }),
  }),
  diffContracts: route({
    id: 'datasets.diffContracts',
    method: 'POST',
    path: '/api/v1/contracts/diff',
    access: 'datasets:read',
    summary: 'Compares two contracts: what is looser, stricter, breaking.',
    body: z.object({ before: ContractDocument, after: ContractDocument, dataset: Name.optional() }),
    response: z.object({
      breaking: z.boolean(),
      looser: z.boolean(),
      differences: z.array(ContractDifference),
    }),
  }),
  ingest: route({
    id: 'datasets.ingest',
    method: 'POST',
    path: '/api/v1/datasets/:name/versions',
    access: 'datasets:write',
    status: 202,
    summary: 'Makes a version of landed files, validated against the contract, in a job.',
    params: ByName,
    body: IngestRequest,
    response: z.object({ jobId: z.string() }),
  }),
  listVersions: route({
    id: 'datasets.listVersions',
    method: 'GET',
    path: '/api/v1/datasets/:name/versions',
    access: 'datasets:read',
    summary: 'Lists the versions of a dataset.',
    params: ByName,
    query: PageQuery,
    response: pageOf(DatasetVersion),
  }),
  getVersion: route({
    id: 'datasets.getVersion',
    method: 'GET',
    path: '/api/v1/dataset-versions/:id',
    access: 'datasets:read',
    summary: 'Shows a dataset version: schema, profile, parents, validation.',
    params: ById,
    response: DatasetVersionDetail,
  }),
  preview: route({
    id: 'datasets.preview',
    method: 'GET',
    path: '/api/v1/dataset-versions/:id/preview',
    access: 'datasets:read',
    summary: 'Shows the first rows of a dataset version.',
    params: ById,
    query: z.object({ rows: z.coerce.number().int().min(1).max(1000).default(50) }),
    response: z.object({ columns: z.array(DatasetColumn), rows: z.array(z.record(z.string(), Json)) }),
  }),
  download: route({
    id: 'datasets.download',
    method: 'GET',
    path: '/api/v1/dataset-versions/:id/download',
    access: 'datasets:read',
    summary:
      'Downloads a dataset version as Parquet; with `redirect=true`, from the object storage itself where it can give it out.',
    params: ById,
    query: DownloadQuery,
    response: 'stream',
  }),
  listValidationRuns: route({
    id: 'datasets.listValidationRuns',
    method: 'GET',
    path: '/api/v1/datasets/:name/validation-runs',
    access: 'datasets:read',
    summary: 'Lists the validation runs of a dataset.',
    params: ByName,
    query: PageQuery,
    response: pageOf(ValidationSummary),
  }),
  getValidationRun: route({
    id: 'datasets.getValidationRun',
    method: 'GET',
    path: '/api/v1/validation-runs/:id',
    access: 'datasets:read',
    summary: 'Shows a validation run: every check and a sample of failing rows.',
    params: ById,
    response: ValidationRun,
  }),
  split: route({
    id: 'datasets.split',
    method: 'POST',
    path: '/api/v1/dataset-versions/:id/splits',
    access: 'datasets:write',
    status: 202,
    summary: 'Splits a dataset version by time, reproducibly, in a job whose result names the split.',
    params: ById,
    body: SplitRecipe,
    response: z.object({ jobId: z.string() }),
  }),
  getSplit: route({
    id: 'datasets.getSplit',
    method: 'GET',
    path: '/api/v1/splits/:id',
    access: 'datasets:read',
    summary: 'Shows a split: parts, digests, leakage check.',
    params: ById,
    response: Split,
  }),
};
