import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { killGroup } from './kill-group.ts';
import { moveUnlessThere } from './move-unless-there.ts';

/** An interpreter with what a model needs. */
export interface PythonEnvironment {
  /** The interpreter of the environment. */
  readonly python: string;
  /** The interpreter it stands on, without what is installed for the model. */
  readonly base: string;
  readonly binaries: string;
  /** Every folder that must be seen to run it. */
  readonly folders: readonly string[];
}

/** What a model asks for. */
export interface PythonLock {
  /** As `3.11`; a patch version is passed over. Absent: any interpreter. */
  readonly version: string | undefined;
  /** Lines of a requirements file: names with versions, extras and markers. */
  readonly requirements: readonly string[];
}

export interface EnvironmentDeps {
  /** Where environments are kept, by the digest of what they hold. */
  readonly directory: string;
  /** PATH, proxy and index settings of the host; nothing else of it is passed on. */
  readonly host: Readonly<Record<string, string | undefined>>;
  /** How long installing may take, in ms. */
  readonly timeoutMs: number;
  /** Ends whatever is being made: the server stops. */
  readonly signal: AbortSignal;
}

/** A model whose environment cannot be made, with what to do. */
export class PythonEnvironmentError extends Error {}

// Name, extras, versions, marker (PEP 508) without its direct references: an address or a path would let a model choose
// where code comes from.
const requirement =
  /^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._, -]*\])?\s*(\(?[<>=!~]=?=?\s*[A-Za-z0-9.*+!_-]+(\s*,\s*[<>=!~]=?=?\s*[A-Za-z0-9.*+!_-]+)*\)?)?\s*(;[^;@]*)?$/;

const hostVariables = [
  'PATH',
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_TRUSTED_HOST',
  'PIP_CERT',
  'PIP_CONFIG_FILE',
  'UV_INDEX_URL',
  'UV_DEFAULT_INDEX',
  'UV_EXTRA_INDEX_URL',
  'UV_INSECURE_HOST',
  'SSL_CERT_FILE',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
];

/**
 * The environment of a lock, made on the first call and kept. Only built packages (wheels) are installed: building one would
 * run its code outside a sandbox. Throws PythonEnvironmentError naming the line, the interpreter or the package; when the
 * signal is given nothing is left of what was not whole.
 */
export async function preparePythonEnvironment(
  deps: EnvironmentDeps,
  lock: PythonLock,
): Promise<PythonEnvironment> {
  const requirements = readRequirements(lock.requirements);
  const base = await findInterpreter(deps, lock.version);
  const digest = createHash('sha256')
    .update(JSON.stringify([base, [...requirements].sort()]))
    .digest('hex')
    .slice(0, 32);
  const home = join(deps.directory, digest);
  if (!existsSync(home)) await build(deps, base, requirements, home);
  return {
    python: join(home, 'bin', 'python'),
    base: base.executable,
    binaries: join(home, 'bin'),
    folders: [home, base.prefix],
  };
}

interface Interpreter {
  readonly executable: string;
  readonly prefix: string;
  readonly version: string;
}

function readRequirements(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const line of lines) {
    const text = line.replace(/(^|\s)#.*$/, '').trim();
    if (text === '') continue;
    if (!requirement.test(text)) {
      throw new PythonEnvironmentError(
        `The requirement "${text.slice(0, 200)}" is not a package with versions. Addresses, paths and options are not taken: list the package as name==version.`,
      );
    }
    kept.push(text);
  }
  return kept;
}

/** The first interpreter on the path that is the wanted version. */
async function findInterpreter(deps: EnvironmentDeps, wanted: string | undefined): Promise<Interpreter> {
  const version = wanted === undefined ? undefined : /^(\d+)\.(\d+)/.exec(wanted)?.[0];
  const names = version === undefined ? ['python3', 'python'] : [`python${version}`, 'python3', 'python'];
  const found: string[] = [];
  for (const name of names) {
    for (const folder of (deps.host.PATH ?? '').split(delimiter)) {
      const path = join(folder, name);
      if (folder === '' || !existsSync(path)) continue;
      const interpreter = await askInterpreter(deps, path);
      if (interpreter === undefined) continue;
      if (version === undefined || interpreter.version === version) return interpreter;
      found.push(interpreter.version);
    }
  }
  const others = found.length === 0 ? '' : ` Found: ${[...new Set(found)].join(', ')}.`;
  throw new PythonEnvironmentError(
    `No Python ${version ?? '3'} is on the path of the model server.${others} Install it, or log the model with a version that is here.`,
  );
}

async function askInterpreter(deps: EnvironmentDeps, path: string): Promise<Interpreter | undefined> {
  const question =
    'import json,sys;print(json.dumps({"executable":getattr(sys,"_base_executable",sys.executable),"prefix":sys.base_prefix,"version":"%d.%d"%sys.version_info[:2]}))';
  try {
    return JSON.parse(await execute(deps, path, ['-I', '-S', '-c', question])) as Interpreter;
  } catch {
    return undefined;
  }
}

/** Made beside its place and moved there whole: what another process has made meanwhile is as good. */
async function build(
  deps: EnvironmentDeps,
  base: Interpreter,
  requirements: readonly string[],
  home: string,
): Promise<void> {
  mkdirSync(deps.directory, { recursive: true, mode: 0o700 });
  const unfinished = `${home}.${randomUUID()}`;
  try {
    await execute(deps, base.executable, ['-I', '-m', 'venv', '--copies', '--without-pip', unfinished]);
    const list = join(unfinished, 'requirements.txt');
    writeFileSync(list, `${requirements.join('\n')}\n`);
    if (requirements.length > 0) await install(deps, base, unfinished, list);
    moveUnlessThere(unfinished, home);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function install(deps: EnvironmentDeps, base: Interpreter, home: string, list: string): Promise<void> {
  const python = join(home, 'bin', 'python');
  const wheels = ['--only-binary', ':all:', '--requirement', list];
  try {
    await execute(deps, 'uv', [
      'pip',
      'install',
      '--quiet',
      '--compile-bytecode',
      '--python',
      python,
      ...wheels,
    ]);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    // pip of the base interpreter writes into the environment without running anything that lies in it.
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check'];
    await execute(deps, base.executable, [
      '-I',
      '-m',
      'pip',
      '--python',
      python,
      'install',
      ...quiet,
      ...wheels,
    ]);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Runs a program; rejects with what it said last. Ends it, with whatever it started, when it is late or the server stops. */
function execute(deps: EnvironmentDeps, command: string, args: readonly string[]): Promise<string> {
  if (deps.signal.aborted) return Promise.reject(stopped());
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: passedOn(deps.host),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let end: PythonEnvironmentError | undefined;
    const endBy = (error: PythonEnvironmentError): void => {
      end ??= error;
      killGroup(child);
    };
    const onStop = (): void => endBy(stopped());
    const late = setTimeout(() => endBy(failed(`it took longer than ${deps.timeoutMs} ms`)), deps.timeoutMs);
    deps.signal.addEventListener('abort', onStop, { once: true });
    let said = '';
    let complained = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-64 * 1024);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complained = (complained + chunk.toString('utf8')).slice(-4 * 1024);
    });
    const forget = (): void => {
      clearTimeout(late);
      deps.signal.removeEventListener('abort', onStop);
    };
    child.once('error', (error) => {
      forget();
      reject(error);
    });
    child.once('close', (status, signal) => {
      forget();
      if (end !== undefined) reject(end);
      else if (status === 0) resolve(said);
      else reject(failed(signal === null ? complained.trim() : `it was ended by ${signal}`));
    });
  });
}

function stopped(): PythonEnvironmentError {
  return failed('the model server stops');
}

function failed(reason: string): PythonEnvironmentError {
  return new PythonEnvironmentError(`The environment of the model could not be made: ${reason}`);
}

function passedOn(host: EnvironmentDeps['host']): Record<string, string> {
  const env: Record<string, string> = { UV_PYTHON_DOWNLOADS: 'never', UV_NO_PROGRESS: '1' };
  for (const name of hostVariables) {
    const value = host[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}
