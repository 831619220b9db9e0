import { readFileSync } from 'node:fs';
import { type Config, configSchema } from '@esteira/contracts';
import { openSecretFile } from '@esteira/model-server/secret-file';
import type * as Yaml from 'yaml';
import type { z } from 'zod';
import type { Environment } from './kernel/environment.ts';
import { esteiraError } from './kernel/errors.ts';
import { loadWhenUsed } from './kernel/load-when-used.ts';

const yaml = loadWhenUsed<typeof Yaml>('yaml');

/** The name of a key in the environment: `dataDir` is `ESTEIRA_DATA_DIR`. */
export function environmentName(key: string): string {
  return `ESTEIRA_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Secrets, which may stand each in a file of its own: `ESTEIRA_S3_SECRET_KEY_FILE` names that of `s3SecretKey`. */
const secretKeys = [
  'metricsToken',
  'databaseUrl',
  's3AccessKey',
  's3SecretKey',
  'backupS3AccessKey',
  'backupS3SecretKey',
  'redisUrl',
  'bootstrapToken',
] as const;

export type SecretKey = (typeof secretKeys)[number];

/**
 * Parses the configuration once. Flags beat the environment, which beats the file (YAML or JSON, named by
 * `ESTEIRA_CONFIG`). A secret in a file of its own is read again when the file was replaced: the key then answers the new one,
 * to those who ask it each time. Throws BAD_CONFIG naming the key.
 */
export function loadConfig(sources: {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Environment;
  /** Told when such a file was replaced; `refused` is content that the key cannot have, and the last stands. */
  readonly onReplaced?: (key: SecretKey, verdict: 'taken' | 'refused') => void;
}): Readonly<Config> {
  const merged: Record<string, unknown> = { ...readConfigFile(sources.environment.ESTEIRA_CONFIG) };
  for (const key of Object.keys(configSchema.shape)) {
    const fromEnvironment = sources.environment[environmentName(key)];
    if (fromEnvironment !== undefined && fromEnvironment !== '') merged[key] = fromEnvironment;
    if (sources.flags[key] !== undefined) merged[key] = sources.flags[key];
  }
  const files = openSecretFiles(sources);
  for (const [key, read] of files) merged[key] = read();
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) throw esteiraError('BAD_CONFIG', { problem: describeProblem(parsed.error) });
  const config = parsed.data;
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw esteiraError('BAD_CONFIG', { problem: 'tlsCert and tlsKey belong together; only one is set' });
  }
  if (config.clientCa !== undefined && config.tlsCert === undefined)
    throw esteiraError('BAD_CONFIG', { problem: 'clientCa needs tlsCert: certificates are shown over TLS' });
  for (const [key, get] of files) Object.defineProperty(config, key, { get, enumerable: true });
  return Object.freeze(config);
}

function openSecretFiles({ flags, environment, onReplaced }: Parameters<typeof loadConfig>[0]) {
  const files: (readonly [SecretKey, () => string])[] = [];
  for (const key of secretKeys) {
    const name = environmentName(key);
    const path = environment[`${name}_FILE`] ?? '';
    if (path === '') continue;
    if ((environment[name] ?? '') !== '' || flags[key] !== undefined) {
      const problem = `${key} (${name}): it is given, and ${name}_FILE names a file with it; only one can be meant`;
      throw esteiraError('BAD_CONFIG', { problem });
    }
    files.push([key, openKey(key, path, (verdict) => onReplaced?.(key, verdict))]);
  }
  return files;
}

function openKey(key: SecretKey, path: string, onReplaced: (verdict: 'taken' | 'refused') => void) {
  const accepts = (text: string): boolean => configSchema.shape[key].safeParse(text).success;
  try {
    return openSecretFile(path, { accepts, onReplaced });
  } catch (error) {
    const problem = `${key} (${environmentName(key)}_FILE): the file ${path} cannot be read, or is empty`;
    throw esteiraError('BAD_CONFIG', { problem }, error);
  }
}

function readConfigFile(path: string | undefined): Record<string, unknown> {
  if (path === undefined || path === '') return {};
  const document = parseFile(path);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw esteiraError('BAD_CONFIG', { problem: `the file ${path} is not a map of keys` });
  }
  return { ...document };
}

function parseFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw esteiraError('BAD_CONFIG', { problem: `the file ${path} cannot be read` }, error);
  }
  try {
    return yaml().parse(text, { prettyErrors: false });
  } catch {
    // The parser's words quote the line, which may hold a secret.
    throw esteiraError('BAD_CONFIG', { problem: `the file ${path} is neither YAML nor JSON` });
  }
}

/** One line for all problems, never with the values: they may be secrets. */
function describeProblem(error: z.ZodError): string {
  return error.issues
    .map((issue) => {
      const key = issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : '');
      return `${key} (${key ? environmentName(key) : 'file'}): ${issue.message}`;
    })
    .join('; ');
}
