import { type DestinationStream, pino } from 'pino';
import { currentActivity } from './activity.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Structured log: a static message, everything variable in the fields. */
export interface Logger {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
}

const secretFields = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'password',
  'bootstrapToken',
  'metricsToken',
  'databaseUrl',
  'redisUrl',
  's3AccessKey',
  's3SecretKey',
  'backupS3SecretKey',
];

/**
 * Logs JSON lines to standard error; standard output belongs to the command that started the server. Each line carries the
 * request, and the job, it was written for.
 */
export function createLogger(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: false }),
): Logger {
  return pino(
    {
      level,
      base: null,
      redact: secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
      serializers: { err: describeError },
      mixin: () => ({ ...currentActivity() }),
      // A field that the call itself names is the truer one.
      mixinMergeStrategy: (line, activity) => ({ ...activity, ...line }),
      hooks: { streamWrite: hideCredentials },
    },
    destination,
  );
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Messages of libraries quote URLs and headers; credentials have forms by which they are known. */
function hideCredentials(line: string): string {
  return line
    .replace(/(:\/\/)[^\s"/@]*:[^\s"/@]*@/g, '$1***@')
    .replace(/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 ***')
    .replace(/\b(es[a-z]_)[A-Za-z0-9_-]{16,}/g, '$1***')
    .replace(/([?&][^=\s"&]*(?:token|secret|password|signature|credential)[^=\s"&]*=)[^&\s"]+/gi, '$1***');
}

interface ErrorWords {
  readonly type: string;
  readonly message: string;
  readonly code?: unknown;
  readonly stack?: string;
  readonly cause?: unknown;
}

/** The words of an error and of its causes; none of the further properties that libraries hang on theirs. */
function describeError(error: unknown): ErrorWords | unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
