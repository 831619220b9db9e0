import type { BundleRef } from '@esteira/contracts';
import { layOutModel } from './model-folder.ts';
import {
  type EnvironmentDeps,
  type PythonEnvironment,
  type PythonLock,
  preparePythonEnvironment,
} from './python-environment.ts';
import { whyNoSandbox } from './python-sandbox.ts';

/** Where Python runs and what it may. */
export interface PythonPlace {
  /** Where the files of models are laid out; private to this process. */
  readonly folders: string;
  /** Where environments are kept; processes of one machine share it. */
  readonly environments: string;
  readonly host: EnvironmentDeps['host'];
  /** An owner of the machine accepts that models run with the rights of this process where the kernel has no sandbox. */
  readonly allowUnsandboxed: boolean;
}

/** What a model's process is started with. */
export interface PreparedPython {
  readonly environment: PythonEnvironment;
  /** Where the files of the model lie. */
  readonly folder: string;
  readonly sandboxed: boolean;
}

const installMs = 20 * 60_000;

/**
 * Makes the environment of a model and lays its files out. Rejects with a reason that says what to do:
 * PythonEnvironmentError, or an Error where the machine has no sandbox.
 */
export async function preparePython(
  place: PythonPlace,
  lock: PythonLock,
  files: { readonly bundle: BundleRef; readonly read: (name: string) => Promise<Uint8Array> },
  signal: AbortSignal,
): Promise<PreparedPython> {
  const environment = await preparePythonEnvironment(
    { directory: place.environments, host: place.host, timeoutMs: installMs, signal },
    lock,
  );
  const folder = await layOutModel(place.folders, files.bundle, files.read);
  const missing = await whyNoSandbox(environment);
  if (missing !== undefined && !place.allowUnsandboxed) throw new Error(refusal(missing));
  return { environment, folder, sandboxed: missing === undefined };
}

function refusal(missing: string): string {
  return `This machine has no sandbox for Python models (${missing}). Let unprivileged users make namespaces, or start the server with --allow-unsandboxed-python: models then run with its rights.`;
}
