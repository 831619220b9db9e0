import { z } from 'zod';
import { answersEqually, ModelSignature } from './model-signature.ts';
import { Digest, Json, Name, Timestamp } from './primitives.ts';
import { RulePredictor } from './rule-predictor.ts';

/**
 * What a control plane and its model servers say to each other: the snapshot of the endpoints goes down, predictions and
 * status come up.
 */

/** A frozen bundle: each file with its digest, so that a model server can verify what it fetched. */
export const BundleRef = z.object({
  modelVersionId: z.string(),
  model: Name,
  version: z.number().int().min(1),
  digest: Digest,
  files: z.array(z.object({ name: z.string(), digest: Digest, size: z.number().int() })),
});
export type BundleRef = z.infer<typeof BundleRef>;

/** Who answers: a model version, or a rule. */
export const PredictorRef = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('version'), bundle: BundleRef }),
  z.object({ kind: z.literal('rule'), rule: RulePredictor }),
]);
export type PredictorRef = z.infer<typeof PredictorRef>;

export const ServedArm = z.object({
  role: z.enum(['primary', 'canary']),
  /** Share of the assignment keys, from 0 to 1; the arms of an endpoint sum to 1. */
  weight: z.number().min(0).max(1),
  predictor: PredictorRef,
});
export type ServedArm = z.infer<typeof ServedArm>;

export const ServingLimits = z.object({
  maxBodyBytes: z
    .number()
    .int()
    .min(1)
    .default(16 * 1024 * 1024),
  maxRows: z.number().int().min(1).default(10_000),
  /** Time for the model to answer, in ms; then the fallback does. */
  timeoutMs: z.number().int().min(1).default(2_000),
});
export type ServingLimits = z.infer<typeof ServingLimits>;

/** What a key allows beside asking for predictions. */
export const KeyPermission = z.enum(['explain', 'repository']);
export type KeyPermission = z.infer<typeof KeyPermission>;

/**
 * What is asked of a feature's values in requests, and what becomes of one that is not so: `reject` refuses the request,
 * `clamp` moves it to the nearest value that fits, `impute` puts `value` in its place. The data type itself is asked by the
 * signature.
 */
export const FeaturePolicy = z
  .strictObject({
    policy: z.enum(['reject', 'clamp', 'impute']),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    /** Whole numbers alone. */
    whole: z.boolean().optional(),
    categories: z
      .array(z.union([z.string().max(1_000), z.number()]))
      .min(1)
      .max(10_000)
      .optional(),
    /** Missing values (null, NaN, an empty text) do not fit either. */
    required: z.boolean().optional(),
    /** What `impute` puts in the place of a value. */
    value: z.union([z.string().max(1_000), z.number()]).optional(),
  })
  .superRefine((policy, context) => {
    const { minimum, maximum, whole, categories, required } = policy;
    const asks = minimum ?? maximum ?? categories;
    if (asks === undefined && whole !== true && required !== true)
      context.addIssue('it asks nothing: give minimum, maximum, whole, categories or required');
    if (minimum !== undefined && maximum !== undefined && minimum > maximum)
      context.addIssue('minimum is above maximum');
    if (policy.policy === 'impute' && policy.value === undefined) context.addIssue('impute needs a value');
    if (policy.policy !== 'impute' && policy.value !== undefined)
      context.addIssue('value goes with impute alone');
    if (policy.policy === 'clamp' && (categories !== undefined || required === true))
      context.addIssue('clamp goes with minimum, maximum and whole alone');
  });
export type FeaturePolicy = z.infer<typeof FeaturePolicy>;

/**
 * Answers that are kept for equal questions: how long, and how much memory they may take in each serving process. Compiled
 * models and graphs answer equal questions equally; of Python models, remote ones and pipelines the owner has to say so.
 */
export const ResponseCache = z.strictObject({
  ttlSeconds: z.number().int().min(1).max(86_400),
  maxBytes: z
    .number()
    .int()
    .min(10_000)
    .max(1024 ** 3)
    .default(64 * 1024 * 1024),
  /** Every model of the endpoint answers equal questions equally. */
  deterministic: z.boolean().optional(),
});
export type ResponseCache = z.output<typeof ResponseCache>;

/** Whether a cache keeps the answers of a model: of one known to answer equal questions equally, or of any by the owner's word. */
export function keepsAnswers({ deterministic }: ResponseCache, signature: ModelSignature): boolean {
  return deterministic === true || answersEqually(signature);
}

/** By name of the feature; features without one are taken as the signature has them. */
export const RequestPolicies = z.record(z.string().min(1).max(1_000), FeaturePolicy);
export type RequestPolicies = z.infer<typeof RequestPolicies>;

export const ServedKey = z.object({
  id: z.string(),
  /** SHA-256 of the key. */
  hash: Digest,
  /** `probe`: the control plane's own questions, logged apart from those of users. */
  purpose: z.enum(['user', 'probe']),
  /** Requests per second on average, and how many at once. */
  requestsPerSecond: z.number().positive(),
  burst: z.number().int().min(1),
  expiresAt: Timestamp.nullable(),
  /** Requests in a day (UTC), on all model servers together. */
  quotaPerDay: z.number().int().min(1).optional(),
  /** Absent: none beside asking. */
  permissions: z.array(KeyPermission).optional(),
});
export type ServedKey = z.infer<typeof ServedKey>;

export const ServedEndpoint = z.object({
  name: z.string(),
  stage: z.enum(['development', 'staging', 'production']),
  revision: z.number().int(),
  arms: z.array(ServedArm),
  /** Gets a copy of a share of the requests, off the request path. */
  shadow: z.object({ predictor: PredictorRef, share: z.number().min(0).max(1) }).nullable(),
  /** Kept warm, served to nobody: the next arm of a rollout. */
  standby: z.array(BundleRef),
  fallback: PredictorRef.nullable(),
  /** How to read a request when no arm is a model version: as this one would. */
  readAs: z.object({ modelVersionId: z.string(), signature: ModelSignature }).nullable(),
  /** A drill makes its own twin of an endpoint fail; never set for an endpoint with users. */
  fault: z.enum(['kill', 'timeout']).nullable(),
  limits: ServingLimits,
  policies: RequestPolicies.optional(),
  /** Absent: every question is put to the model. */
  cache: ResponseCache.optional(),
  /** Why it answers nobody for now, its platform excepted. */
  frozen: z.string().optional(),
  /** What callers are told of it: OpenAPI 3.1, without its address. */
  openapi: z.record(z.string(), Json).optional(),
  keys: z.array(ServedKey),
});
export type ServedEndpoint = z.infer<typeof ServedEndpoint>;

/** All that a model server needs in order to serve a workspace, with or without its control plane. */
export const DataPlaneSnapshot = z.object({
  workspace: z.string(),
  /** Grows with every change of the workspace's endpoints, keys or limits. */
  revision: z.number().int(),
  endpoints: z.array(ServedEndpoint),
  /** What remote models of the endpoints are asked with, by name, each for one origin. */
  secrets: z.record(z.string(), z.object({ origin: z.string(), value: z.string() })).optional(),
});
export type DataPlaneSnapshot = z.infer<typeof DataPlaneSnapshot>;

/** Where a server of the installation is asked: on its own machine, and from others. */
export const ControlPlaneAddress = z.object({
  host: z.string(),
  url: z.string(),
  innerUrl: z.string(),
});
export type ControlPlaneAddress = z.infer<typeof ControlPlaneAddress>;

/**
 * What a model server asks of the limits that it shares with the others of its workspace, in requests: what it holds and
 * keeps, what it gives back, what it wants to hold in all, the least that is of use.
 */
export const KeySlicesRequest = z.object({
  source: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  /** It ends, and shares no more. */
  leaving: z.boolean().default(false),
  requests: z
    .array(
      z.object({
        key: z.string().min(1).max(128),
        left: z.number().min(0),
        returned: z.number().min(0),
        wanted: z.number().min(0),
        least: z.number().min(0),
        known: z.boolean(),
      }),
    )
    .max(10_000),
});
export type KeySlicesRequest = z.output<typeof KeySlicesRequest>;

export const KeySlices = z.object({
  /** Model servers that share the limits, this one included. */
  holders: z.number().int(),
  slices: z.array(
    z.object({
      key: z.string(),
      kept: z.number(),
      extra: z.number(),
      /** When the least can be had, in ms; null: never. */
      waitMs: z.number().nullable(),
    }),
  ),
});
export type KeySlices = z.output<typeof KeySlices>;

/** Counts since the model server's start; latencies in the buckets of `latencyBucket`. */
export const ArmCounters = z.object({
  arm: z.string(),
  predictor: z.string(),
  requests: z.number().int(),
  rows: z.number().int(),
  errors: z.number().int(),
  fallbacks: z.number().int(),
  latency: z.record(z.string(), z.number().int()),
});

/** What a step of a pipeline model took since the model was loaded, in ms, without the wait for other steps. */
export const StepCounters = z.object({
  /** The version that the step belongs to. */
  modelVersionId: z.string(),
  step: z.string(),
  /** Requests in which it ran, also those in which it failed. */
  runs: z.number().int(),
  ms: z.number(),
});
export type StepCounters = z.infer<typeof StepCounters>;

/** Contracts of other platforms that a model server keeps to; they know no keys. */
export const ServingContract = z.enum(['sagemaker']);
export type ServingContract = z.infer<typeof ServingContract>;

export const DataPlaneStatus = z.object({
  source: z.string(),
  /** New with every start of the process. */
  boot: z.string(),
  pid: z.number().int(),
  startedAt: Timestamp,
  ready: z.boolean(),
  /** It has ended its work and shipped its log: it is counted among the living no more. */
  leaving: z.boolean().optional(),
  httpUrl: z.string(),
  /** Where the control plane on the same machine asks it, when `httpUrl` is behind TLS. */
  innerUrl: z.string().optional(),
  grpcAddress: z.string().nullable(),
  /** It keeps to a contract that asks for no keys: whoever reaches it may ask. */
  contract: ServingContract.optional(),
  snapshotRevision: z.number().int(),
  memoryBytes: z.number().int(),
  cpuSeconds: z.number(),
  /** How busy it is; processes of one machine name the same. Absent: it is of an earlier version. */
  load: z
    .object({
      machine: z.string(),
      /** Share of the time that it worked lately, from 0 to 1. */
      utilization: z.number(),
      /** Requests that are being answered, and questions that wait for a model among them. */
      running: z.number().int(),
      waiting: z.number().int(),
    })
    .optional(),
  /** Keys that were used since the last report. */
  keys: z.array(z.object({ id: z.string(), lastUsedAt: Timestamp })).default([]),
  spool: z.object({ end: z.number().int(), acknowledged: z.number().int(), writable: z.boolean() }),
  endpoints: z.array(
    z.object({
      name: z.string(),
      revision: z.number().int(),
      /** The revision that the snapshot asks for; differs while a bundle loads or when it cannot be loaded. */
      wantedRevision: z.number().int(),
      problem: z.string().nullable(),
      /** Rows answered, with whatever result, since the start of the process. */
      answered: z.number().int(),
      shadowDropped: z.number().int(),
      /** What its models hold, in bytes: 0 while they are away for want of questions. Absent: of an earlier version. */
      memoryBytes: z.number().int().optional(),
      standbyReady: z.array(z.string()),
      /** Callers of an endpoint in development that are new since the last report: a digest of key and address, and the day. */
      callers: z.array(z.object({ day: z.iso.date(), caller: z.string().max(64) })).default([]),
      arms: z.array(ArmCounters),
      /** Of its pipeline models. Absent: of an earlier version. */
      steps: z.array(StepCounters).optional(),
    }),
  ),
});
export type DataPlaneStatus = z.infer<typeof DataPlaneStatus>;

/**
 * One predicted row as spooled, one JSON object per line. Short names, because every prediction carries them:
 * `n` count of the endpoint's rows since the start of the process (a gap is a lost row), `p` prediction id, `q` request id, `i` row, `b` boot, `at` server time, `et` event time, `e` endpoint, `r` endpoint
 * revision, `a` arm, `m` model version id or `rule`, `s` whose signature orders the features, `k` entity key, `u`
 * assignment unit, `o` online features that filled it (name → status and age in ms), `h` policies that were applied (feature → `clamp` or `impute`), `pc` pieces of an answer that came to its end, `ca` the model was not asked, for an equal question had been answered, `l` latency in ms, `st` status, `c` error code, `y` predicted label, `v` score, `x` numbers (as they were sent; those
 * that came as bytes of float32 with the digits, at most nine, from which the same float32 is read), `t` texts.
 */
export interface SpooledPrediction {
  readonly n: number;
  readonly p: string;
  readonly q: string | null;
  readonly i: number;
  readonly b: string;
  readonly at: number;
  readonly et: number | null;
  readonly e: string;
  readonly r: number;
  /** `end`: no prediction, but how an answer in pieces, whose first piece has a row of its own, came to its end. */
  readonly a: 'primary' | 'canary' | 'shadow' | 'probe' | 'end';
  readonly m: string | null;
  readonly s: string | null;
  readonly k: string | null;
  readonly u: string | null;
  readonly l: number;
  readonly st: 'ok' | 'fallback' | 'invalid' | 'error';
  readonly c: string | null;
  readonly y: number | string | null;
  readonly v: number | null;
  readonly x: readonly (number | null)[] | null;
  readonly t: readonly (string | null)[] | null;
  readonly h?: Readonly<Record<string, 'clamp' | 'impute'>>;
  readonly pc?: number;
  readonly ca?: true;
  readonly o?: Readonly<Record<string, { readonly status: string; readonly ageMs: number | null }>>;
}

/** Growth of the latency buckets: a quantile read from them is within 5 % of the true one. */
const bucketGrowth = 1.1;
const firstBucketMs = 0.01;

/** The bucket of a latency in ms. */
export function latencyBucket(ms: number): number {
  return ms <= firstBucketMs ? 0 : Math.ceil(Math.log(ms / firstBucketMs) / Math.log(bucketGrowth));
}

/** The greatest latency in a bucket, in ms. */
export function latencyBucketBound(bucket: number): number {
  return firstBucketMs * bucketGrowth ** bucket;
}

/** A quantile (0 to 1) of bucketed latencies, in ms: the geometric middle of the bucket it falls in. Null when empty. */
export function latencyQuantile(buckets: Readonly<Record<string, number>>, quantile: number): number | null {
  const sorted = Object.entries(buckets)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .sort((a, b) => a.bucket - b.bucket);
  const total = sorted.reduce((sum, entry) => sum + entry.count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const { bucket, count } of sorted) {
    seen += count;
    if (seen >= quantile * total) return firstBucketMs * bucketGrowth ** (bucket === 0 ? 0 : bucket - 0.5);
  }
  return null;
}

/** The same bucket as a SQL expression over a column of latencies in ms. */
export function latencyBucketSql(column: string): string {
  return `case when ${column} <= ${firstBucketMs} then 0 else cast(ceil(ln(${column} / ${firstBucketMs}) / ln(${bucketGrowth})) as integer) end`;
}
