import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65535);
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const list = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
]);

/**
 * Every key of the configuration of `esteira serve`. A key is a flag (`--data-dir`), an environment variable
 * (`ESTEIRA_DATA_DIR`) and an entry of the configuration file (`dataDir`); a flag beats the environment, which beats the
 * file. The description is the reference page's text.
 */
export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default('.esteira')
    .describe(
      'Folder of everything the server keeps. Created with mode 0700; exactly one server may use it.',
    ),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address both planes listen on. Beyond loopback needs TLS or a trusted proxy.'),
  port: port.default(7700).describe('Control plane: API and web page. 0 takes any free port.'),
  servingPort: port.default(7710).describe('Data plane, REST: predictions. 0 takes any free port.'),
  servingGrpcPort: port.default(7711).describe('Data plane, gRPC: predictions. 0 takes any free port.'),
  servingProcesses: z
    .union([z.literal('auto'), z.coerce.number().int().min(1).max(999)])
    .default('auto')
    .describe(
      'Processes that answer predictions on the same ports; they start with the first endpoint. auto: one, and as many as there are processors while there is work for them. Linux; one elsewhere.',
    ),
  publicUrl: z
    .url()
    .optional()
    .describe('The address people use, when a proxy stands in front. Links and cookies follow it.'),
  allowedHosts: list.default([]).describe('Further host names to answer for, separated by commas.'),
  tlsCert: z.string().optional().describe('PEM file with the certificate chain; together with tlsKey.'),
  tlsKey: z.string().optional().describe('PEM file with the private key; together with tlsCert.'),
  clientCa: z
    .string()
    .optional()
    .describe(
      'PEM file; callers of endpoints must show a certificate that is signed by it, beside their inference key. Needs tlsCert.',
    ),
  allowUnsandboxedPython: flag
    .default(false)
    .describe(
      'Python models may run with the rights of the server where the kernel has no sandbox for them. Off: they are refused there.',
    ),
  trustedProxy: flag
    .default(false)
    .describe('A proxy in front ends TLS and sets X-Forwarded-*; allows binding beyond loopback.'),
  bootstrapToken: z
    .string()
    .min(32)
    .optional()
    .describe(
      "Becomes the owner's API token while no owner exists (32 characters or more). Prefer the environment variable: flags are visible to other processes.",
    ),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'a PostgreSQL URL begins with postgres://')
    .optional()
    .describe(
      'PostgreSQL 15 or newer, as postgres://user:password@host:port/database. It may stand in a file that ESTEIRA_DATABASE_URL_FILE names. Without it, SQLite in the data directory.',
    ),
  databasePoolSize: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(10)
    .describe('Connections this server opens to PostgreSQL.'),
  blobsUrl: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]+/, 'an S3 URL reads s3://bucket/prefix')
    .optional()
    .describe('Object storage, as s3://bucket/prefix. Without it, files in the data directory.'),
  s3Endpoint: z
    .url()
    .optional()
    .describe('Address of an S3 server other than that of AWS; spoken to in path style.'),
  s3Region: z.string().min(1).default('us-east-1').describe('Region of the bucket.'),
  s3AccessKey: z.string().min(1).optional().describe('Access key of the bucket; together with s3SecretKey.'),
  s3SecretKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Secret key of the bucket. Prefer the environment variable, or a file that ESTEIRA_S3_SECRET_KEY_FILE names.',
    ),
  blobKeys: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the keys that encrypt stored content at rest; without it, content is stored as it is.',
    ),
  redisUrl: z
    .string()
    .regex(/^rediss?:\/\//, 'a Redis URL begins with redis://')
    .optional()
    .describe('Redis 7, as redis://user:password@host:port/0, for what replicas share. Without it, memory.'),
  metricsToken: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Bearer token that Prometheus shows to /metrics (16 characters or more). It may stand in a file that ESTEIRA_METRICS_TOKEN_FILE names. Without it, /metrics is closed.',
    ),
  backupDirectory: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder, or s3://bucket/prefix, that this server writes archives of the installation to, by the schedule or when an administrator asks. Without it, the server writes none; the command esteira backup always can.',
    ),
  backupS3Endpoint: z
    .url()
    .optional()
    .describe('Address of the S3 server that archives go to; s3Endpoint unless given.'),
  backupS3Region: z
    .string()
    .min(1)
    .optional()
    .describe('Region of the bucket of the archives; s3Region unless given.'),
  backupS3AccessKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Access key of the bucket of the archives; together with backupS3SecretKey. Those of the blobs unless given.',
    ),
  backupS3SecretKey: z
    .string()
    .min(1)
    .optional()
    .describe('Secret key of the bucket of the archives. Prefer the environment variable.'),
  backupSchedule: z
    .string()
    .default('23 2 * * *')
    .describe('When archives are written to backupDirectory: a cron expression of five fields, in UTC.'),
  backupKeep: z.coerce
    .number()
    .int()
    .min(1)
    .default(14)
    .describe('How many archives are kept in backupDirectory; older ones are removed after each new one.'),
  drainSeconds: z.coerce
    .number()
    .int()
    .min(0)
    .max(600)
    .default(20)
    .describe('How long requests and jobs that run may take to end after SIGTERM.'),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severity that is logged, as JSON lines on standard error.'),
  allowPrivateWebhooks: flag
    .default(false)
    .describe(
      'Webhooks may name receivers at loopback and private addresses, also by plain http. Whoever manages webhooks then reaches what this server reaches; link-local and metadata addresses stay closed.',
    ),
  modelMemoryMb: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'Memory in MiB that the models of a serving process may hold together; one that does not fit sends away those that were not asked for longest, or is refused.',
    ),
  modelIdleSeconds: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe(
      'A model without a question for that long leaves the memory; the next question waits until it is back.',
    ),
  allowPrivateRemoteModels: flag
    .default(false)
    .describe(
      'Remote models may be served from loopback and private addresses, also by plain http. Whoever registers models then reaches what this server reaches; link-local and metadata addresses stay closed.',
    ),
  bodyLimit: z.coerce
    .number()
    .int()
    .min(1024)
    .default(10 * 1024 * 1024)
    .describe('Bytes of a JSON body; uploads are streamed and not bounded by it.'),
  tableMemoryMb: z.coerce
    .number()
    .int()
    .min(64)
    .default(512)
    .describe('Memory of the table engine in MiB; what does not fit spills to disk.'),
  pricePerCpuHour: z.coerce
    .number()
    .min(0)
    .default(0.04)
    .describe('Price of one CPU hour, for cost estimates and the ledger.'),
  pricePerGigabyteMonth: z.coerce
    .number()
    .min(0)
    .default(0.023)
    .describe('Price of storing one gigabyte for a month, for cost estimates and the ledger.'),
  currency: z.string().length(3).default('USD').describe('Currency of pricePerCpuHour.'),
  codeCommit: z
    .string()
    .optional()
    .describe(
      'Commit of the code this installation runs, recorded with every run; found by itself in a git checkout.',
    ),
});

export type Config = z.output<typeof configSchema>;
