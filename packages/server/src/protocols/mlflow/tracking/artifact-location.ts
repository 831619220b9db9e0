import { invalidParameter, type MlflowError } from '../mlflow-error.ts';

const longest = 2048;

/**
 * The place a client names for the artifacts of an experiment: `mlflow-artifacts:/path`, or a path alone, which means the
 * same. Undefined when it names none. Throws INVALID_PARAMETER_VALUE for any other scheme, for an authority, a query, a
 * fragment, and for a path that goes up, however it is encoded.
 */
export function readArtifactLocation(given: string | undefined): string | undefined {
  if (given === undefined || given === '') return undefined;
  if (given.length > longest) throw wrong(given, `it has more than ${longest} characters`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(given)?.[1];
  if (scheme !== undefined && scheme.toLowerCase() !== 'mlflow-artifacts')
    throw wrong(given, 'artifacts are kept by this server: the scheme is mlflow-artifacts, or there is none');
  const path = scheme === undefined ? given : given.slice(scheme.length + 1);
  for (const form of decodings(given, path)) {
    if ([...form].some((character) => character < ' ' || character === '\u007f'))
      throw wrong(given, 'it holds control characters');
    if (/[?#;\\]/.test(form)) throw wrong(given, 'it can hold no query, parameters, fragment or backslash');
    if (form.split('/').some((part) => part === '..' || part === '.')) throw wrong(given, 'it goes up');
    if (/^\/\/[^/]/.test(form)) throw wrong(given, 'it names a host');
  }
  const plain = path.replace(/^\/+/, '').replace(/\/+$/, '');
  if (plain === '') throw wrong(given, 'it names no path');
  return `mlflow-artifacts:/${plain}`;
}

/** The path, and what it is when it is decoded again and again. */
function decodings(given: string, path: string): readonly string[] {
  const forms = [path];
  for (let form = path; form.includes('%'); ) {
    if (forms.length > 5) throw wrong(given, 'it is encoded many times over');
    try {
      form = decodeURIComponent(form);
    } catch {
      throw wrong(given, 'it is not encoded as an address is');
    }
    forms.push(form);
  }
  return forms;
}

function wrong(given: string, reason: string): MlflowError {
  return invalidParameter(
    `Invalid value ${JSON.stringify(given.slice(0, 200))} for parameter 'artifact_location' supplied: ${reason}.`,
  );
}
