import { type ArtifactPlace, checkArtifactPath } from '../../../tracking/index.ts';
import { invalidParameter, type MlflowError } from '../mlflow-error.ts';

/** What a source names, as it was written. */
export type NamedSource =
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  | { readonly kind: 'logged-model'; readonly modelId: string }
  | { readonly kind: 'version'; readonly model: string; readonly by: VersionName }
  /** A path of the proxy of artifacts, in its parts. */
  | { readonly kind: 'artifacts'; readonly path: readonly string[] }
  /** An object store that this server neither keeps nor reads. */
  | { readonly kind: 'elsewhere' };

/** How a source names a version of a model. */
export type VersionName =
  | { readonly number: number }
  | { readonly alias: string }
  | { readonly stage: string }
  | 'latest';

/** Schemes of object stores, which nothing here ever opens. */
const objectStores: readonly string[] = [
  's3',
  's3a',
  's3n',
  'gs',
  'wasb',
  'wasbs',
  'abfs',
  'abfss',
  'oss',
  'hdfs',
  'viewfs',
  'dbfs',
];

/**
 * Reads the source of a version: `runs:/…`, `models:/…` or `mlflow-artifacts:/…`, all of which name what this server keeps, or
 * a place in an object store, of which it keeps the name. Local paths, other schemes, hosts and ways upward are refused, however often they are escaped.
 */
export function readSource(source: string): NamedSource {
  const plain = unescaped(source);
  if (plain.includes('\0') || plain.split(/[/\\]/).includes('..')) {
    throw refuseSource(
      source,
      'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.',
    );
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(plain)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'file') {
    throw refuseSource(
      source,
      'To use a local path as a model version source, log it to a run or as a logged model first, and register it from there: files elsewhere on a machine are not registered.',
    );
  }
  if (objectStores.includes(scheme)) return { kind: 'elsewhere' };
  if (scheme !== 'runs' && scheme !== 'models' && scheme !== 'mlflow-artifacts') {
    throw refuseSource(
      source,
      `The scheme '${scheme}' leads elsewhere: versions are registered from runs:/, models:/ and mlflow-artifacts:/ sources, whose files this server keeps, or by a place in an object store.`,
    );
  }
  const path = plain.slice(scheme.length + 1);
  if (!path.startsWith('/') || path.startsWith('//') || /[?#]/.test(path)) {
    throw refuseSource(
      source,
      `It is not of the form ${scheme}:/<path>, without a host, a query and a fragment.`,
    );
  }
  const parts = path.slice(1).split('/');
  if (scheme === 'runs') return readRun(source, parts);
  if (scheme === 'models') return readModel(source, parts);
  return { kind: 'artifacts', path: pathParts(source, parts.join('/')) };
}

export function refuseSource(source: string, reason: string): MlflowError {
  const shown = source.length <= 500 ? source : `${source.slice(0, 500)}…`;
  return invalidParameter(`Invalid model version source: '${shown}'. ${reason}`);
}

/** The refusal of a source that is not within what the request says it is from. */
export function refuseForeignSource(source: string, parameter: 'run_id' | 'model_id'): MlflowError {
  return refuseSource(
    source,
    `The ${parameter} request parameter must identify the resource that contains the source.`,
  );
}

/** Whether a place of the proxy lies in what the request names. */
export function isWithin(
  place: ArtifactPlace,
  kind: 'run' | 'logged-model',
  id: string | undefined,
): boolean {
  return id !== undefined && place.owner.kind === kind && place.owner.id === id;
}

function readRun(source: string, parts: readonly string[]): NamedSource {
  const [runId = '', ...rest] = parts;
  if (runId === '')
    throw refuseSource(
      source,
      "Runs URIs must be of the form 'runs:/<run_id>/run-relative/path/to/artifact'.",
    );
  const path = rest.join('/').replace(/\/+$/, '');
  return { kind: 'run', runId, path: path === '' ? '' : pathParts(source, path).join('/') };
}

function readModel(source: string, parts: readonly string[]): NamedSource {
  const [name = '', suffix, ...more] = parts;
  const improper = refuseSource(
    source,
    "Models URIs must be of the form 'models:/model_name/suffix', 'models:/model_name@alias' or 'models:/model_id'.",
  );
  if (name.trim() === '' || more.length > 0 || suffix?.trim() === '') throw improper;
  if (suffix !== undefined) {
    if (/^\d{1,9}$/.test(suffix)) return { kind: 'version', model: name, by: { number: Number(suffix) } };
    if (/^\d+$/.test(suffix)) throw improper;
    if (suffix.toLowerCase() === 'latest') return { kind: 'version', model: name, by: 'latest' };
    return { kind: 'version', model: name, by: { stage: suffix } };
  }
  const at = name.lastIndexOf('@');
  if (at < 0) return { kind: 'logged-model', modelId: name };
  if (at === 0 || at === name.length - 1) throw improper;
  return { kind: 'version', model: name.slice(0, at), by: { alias: name.slice(at + 1) } };
}

function pathParts(source: string, path: string): readonly string[] {
  const plain = path.replace(/\/+/g, '/').replace(/\/$/, '');
  try {
    return checkArtifactPath(plain, 4096).split('/');
  } catch {
    throw refuseSource(source, 'Its path is not a plain, relative path of artifacts.');
  }
}

/** Escapes that hide others are undone until none is left. */
function unescaped(text: string): string {
  let plain = text;
  for (let round = 0; round < 16; round++) {
    const next = plain.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
      Buffer.from(escapes.replaceAll('%', ''), 'hex').toString(),
    );
    if (next === plain) return plain;
    plain = next;
  }
  return '..';
}
