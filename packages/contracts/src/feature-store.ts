import { z } from 'zod';
import { ByName, Json, Name, PageQuery, pageOf, Reference, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** A SQL expression over the columns of one row; parsed and checked before it is kept. */
const Expression = z.string().min(1).max(2000);

const ColumnName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
    'a letter or underscore, then letters, digits, underscores; at most 63',
  );

/** ISO 8601 duration without months and years: `PT3H`, `P14D`. */
const Duration = z
  .string()
  .regex(
    /^P(?!$)(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/,
    'an ISO 8601 duration such as PT3H or P14D',
  );

const entityFields = {
  /** Columns that identify one; none for the entity there is only one of. */
  joinKeys: z.array(ColumnName).max(8),
  description: z.string().max(2000).default(''),
};

/** One value of a view: an aggregate over the rows known in the window that ends at the moment asked about. */
export const Feature = z.strictObject({
  name: ColumnName,
  aggregate: z.enum(['count', 'sum', 'mean', 'stddev', 'min', 'max', 'last']),
  /** A column or a derived column of the source; none for `count`, which then counts rows. */
  column: ColumnName.optional(),
  window: Duration,
});

export type Feature = z.infer<typeof Feature>;

const viewFields = {
  entity: Name,
  /** Name of the dataset whose rows are the facts. */
  source: Name,
  /** For each join key of the entity, the expression over a source row that yields it. */
  keys: z.record(ColumnName, Expression),
  /** When the facts of a row are known: never before, whatever the row's own time. */
  knownAt: Expression,
  derive: z.record(ColumnName, Expression).default({}),
  where: Expression.optional(),
  features: z.array(Feature).min(1).max(200),
  /** Online values older than this are not returned. */
  ttl: Duration.optional(),
  description: z.string().max(2000).default(''),
};

const serviceFields = {
  features: z
    .array(
      z.strictObject({
        view: Name,
        /** For each join key, the expression over the row asked about that yields it. */
        keys: z.record(ColumnName, Expression),
        /** Feature columns are called `<prefix>_<feature>`. */
        prefix: ColumnName,
        only: z.array(ColumnName).optional(),
      }),
    )
    .min(1)
    .max(100),
  /** Computed from the row asked about, by the same SQL offline and online. */
  onDemand: z.array(z.strictObject({ name: ColumnName, expression: Expression })).default([]),
  description: z.string().max(2000).default(''),
};

const made = { name: Name, version: z.number().int(), digest: z.string(), createdAt: Timestamp };

export const Entity = z.object({ ...made, ...entityFields });
export const FeatureView = z.object({ ...made, ...viewFields });
export const FeatureService = z.object({ ...made, ...serviceFields });
export type Entity = z.infer<typeof Entity>;
export type FeatureView = z.infer<typeof FeatureView>;
export type FeatureService = z.infer<typeof FeatureService>;

export const NewEntity = z.strictObject(entityFields);
export const NewFeatureView = z.strictObject(viewFields);
export const NewFeatureService = z.strictObject(serviceFields);

/** Which rows become a training set, and what goes beside their features. */
export const TrainingSetSpine = z.strictObject({
  name: Name,
  featureService: Name,
  /** The version whose rows are asked about; the views' facts come from it too. */
  source: Reference,
  /** Versions of further datasets that views read. */
  sources: z.record(Name, Reference).default({}),
  timeColumn: ColumnName,
  label: Expression.optional(),
  /** Columns carried along that are not features. */
  keep: z.array(ColumnName).default([]),
  where: Expression.optional(),
  /** ISO times in UTC; `from` included, `until` excluded. */
  from: z.string().optional(),
  until: z.string().optional(),
  /** Caps: of the rows before `until` (and from the cap before on) at most `rows`, chosen by a seeded hash. */
  samples: z.array(z.strictObject({ until: z.string(), rows: z.coerce.number().int().min(1) })).default([]),
  seed: z.coerce.number().int().default(0),
});
export type TrainingSetSpine = z.infer<typeof TrainingSetSpine>;

const Materialization = z.object({
  view: Name,
  viewVersion: z.number().int(),
  at: Timestamp,
  rows: z.number().int(),
  sourceVersionId: z.string(),
  writtenAt: Timestamp,
});
export type Materialization = z.infer<typeof Materialization>;

/** As Feast calls them: PRESENT, NULL_VALUE (known to be empty), NOT_FOUND (no such key), OUTSIDE_MAX_AGE (older than the ttl). */
const OnlineStatus = z.enum(['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE']);

export const OnlineFeatures = z.object({
  featureService: Name,
  names: z.array(z.string()),
  /** The moment of which the values of a name are; null where none were ever computed, or they were computed now. */
  asOf: z.array(Timestamp.nullable()),
  rows: z.array(z.object({ values: z.array(z.number().nullable()), statuses: z.array(OnlineStatus) })),
});
export type OnlineFeatures = z.infer<typeof OnlineFeatures>;

/** How the online values of a feature service are asked for: the rows asked about, by the columns its keys are made of. */
export const OnlineQuestion = z.strictObject({
  featureService: Name,
  rows: z.array(z.record(ColumnName, Json)).min(1).max(1000),
});

export const featureStoreApi = {
  putEntity: route({
    id: 'featureStore.putEntity',
    method: 'PUT',
    path: '/api/v1/entities/:name',
    access: 'features:write',
    summary: 'Declares what features are about. The same body changes nothing; another makes a new version.',
    params: ByName,
    body: NewEntity,
    response: Entity,
  }),
  entities: route({
    id: 'featureStore.entities',
    method: 'GET',
    path: '/api/v1/entities',
    access: 'features:read',
    summary: 'Lists entities.',
    query: PageQuery,
    response: pageOf(Entity),
  }),
  putFeatureView: route({
    id: 'featureStore.putFeatureView',
    method: 'PUT',
    path: '/api/v1/feature-views/:name',
    access: 'features:write',
    summary: 'Declares a feature view; every expression is parsed and checked.',
    params: ByName,
    body: NewFeatureView,
    response: FeatureView,
  }),
  featureViews: route({
    id: 'featureStore.featureViews',
    method: 'GET',
    path: '/api/v1/feature-views',
    access: 'features:read',
    summary: 'Lists feature views with their last materialization.',
    query: PageQuery,
    response: pageOf(FeatureView.extend({ materialized: Materialization.nullable() })),
  }),
  putFeatureService: route({
    id: 'featureStore.putFeatureService',
    method: 'PUT',
    path: '/api/v1/feature-services/:name',
    access: 'features:write',
    summary: 'Names the features a model reads, in order.',
    params: ByName,
    body: NewFeatureService,
    response: FeatureService,
  }),
  featureServices: route({
    id: 'featureStore.featureServices',
    method: 'GET',
    path: '/api/v1/feature-services',
    access: 'features:read',
    summary: 'Lists feature services.',
    query: PageQuery,
    response: pageOf(FeatureService),
  }),
  createTrainingSet: route({
    id: 'featureStore.createTrainingSet',
    method: 'POST',
    path: '/api/v1/training-sets',
    access: 'features:write',
    summary: 'Builds a point-in-time-correct training set as a dataset version; the job reports its id.',
    body: TrainingSetSpine,
    response: z.object({ jobId: z.string() }),
    status: 202,
  }),
  materialize: route({
    id: 'featureStore.materialize',
    method: 'POST',
    path: '/api/v1/feature-views/:name/materialize',
    access: 'features:write',
    summary: 'Computes the online values of a view as of a moment.',
    params: ByName,
    body: z.strictObject({ at: Timestamp, versionId: z.string().optional() }),
    response: z.object({ jobId: z.string() }),
    status: 202,
  }),
  readOnline: route({
    id: 'featureStore.readOnline',
    method: 'POST',
    path: '/api/v1/online-features/read',
    access: 'features:read',
    summary: 'Reads the online values of a feature service for up to 1,000 rows.',
    body: OnlineQuestion,
    response: OnlineFeatures,
  }),
};
