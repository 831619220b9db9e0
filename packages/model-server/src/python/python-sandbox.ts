import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PythonEnvironment } from './python-environment.ts';

/** What a process of a model may have. */
export interface PythonLimits {
  /** Private memory, in bytes. */
  readonly memoryBytes: number;
  /** Room in /tmp, in bytes; it counts as memory of the machine. */
  readonly scratchBytes: number;
  /** Processes and threads at once. */
  readonly processes: number;
}

export const defaultPythonLimits: PythonLimits = {
  memoryBytes: 4 * 1024 ** 3,
  scratchBytes: 256 * 1024 ** 2,
  processes: 256,
};

const launcher = fileURLToPath(new URL('./enter_sandbox.py', import.meta.url));
const server = fileURLToPath(new URL('./serve_model.py', import.meta.url));
const converter = fileURLToPath(new URL('./convert_model.py', import.meta.url));

// Programs and libraries of the system; nothing of /etc but the map of libraries and the time zone.
const systemPaths = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/etc/ld.so.cache',
  '/etc/localtime',
];

/** Argv that serves a model, or converts it, inside a sandbox or not. */
export function pythonCommand(options: {
  readonly environment: PythonEnvironment;
  /** The folder of the model. */
  readonly model: string;
  /** Absent: it is served. */
  readonly purpose?: 'convert';
  readonly limits: PythonLimits;
  readonly sandboxed: boolean;
}): { readonly command: string; readonly args: readonly string[]; readonly env: Record<string, string> } {
  const { environment, model, purpose, limits, sandboxed } = options;
  const env = variables(environment);
  const run = ['-I', '-B', purpose === undefined ? server : converter];
  if (!sandboxed) return { command: environment.python, args: run, env };
  return {
    ...behindWalls(environment, [environment.python, ...run], [server, converter, model], limits, env),
    env: {},
  };
}

/** Why this machine can lock no model up; undefined when it can. */
export function whyNoSandbox(environment: PythonEnvironment): Promise<string | undefined> {
  const nothing = [environment.base, '-I', '-S', '-c', 'pass'];
  const { command, args } = behindWalls(environment, nothing, [], defaultPythonLimits, {});
  return new Promise((resolve) => {
    execFile(command, [...args], { env: {}, timeout: 60_000 }, (error, _said, complained) => {
      resolve(error === null ? undefined : complained.trim() || error.message);
    });
  });
}

/** The launcher runs outside the walls: on the base interpreter, without what is installed in the model's environment. */
function behindWalls(
  environment: PythonEnvironment,
  command: readonly string[],
  shown: readonly string[],
  limits: PythonLimits,
  env: Record<string, string>,
): { readonly command: string; readonly args: readonly string[] } {
  const order = {
    command,
    read_only: [...systemPaths, ...environment.folders, ...shown].filter(existsSync),
    memory_bytes: limits.memoryBytes,
    scratch_bytes: limits.scratchBytes,
    processes: limits.processes,
    environment: env,
  };
  return { command: environment.base, args: ['-I', '-S', launcher, JSON.stringify(order)] };
}

/** One thread per library: several requests run beside each other in several processes, not in one. */
function variables(environment: PythonEnvironment): Record<string, string> {
  return {
    PATH: `${environment.binaries}:/usr/bin:/bin`,
    HOME: '/tmp',
    TMPDIR: '/tmp',
    USER: 'model',
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
    MKL_NUM_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '2',
    // Nothing can be fetched or reported from inside: not to try saves the wait.
    HF_HUB_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
    MLFLOW_DISABLE_TELEMETRY: 'true',
  };
}
