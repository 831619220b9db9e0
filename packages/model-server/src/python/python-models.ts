import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BundleRef, ModelSignature } from '@esteira/contracts';
import type { ModelRunner } from '../engine/model-runner.ts';
import { keepModelFolders, layOutModel } from './model-folder.ts';
import { type EnvironmentDeps, preparePythonEnvironment } from './python-environment.ts';
import { startPythonProcess } from './python-process.ts';
import { createPythonRunner } from './python-runner.ts';
import { defaultPythonLimits, whyNoSandbox } from './python-sandbox.ts';

/** Loads bundles that hold Python models. */
export interface PythonModels {
  /**
   * Makes the environment, lays the files out and starts the first process. Rejects with a reason that says what to do:
   * PythonEnvironmentError, or an Error of the model itself.
   */
  load(
    bundle: BundleRef,
    signature: ModelSignature,
    read: (name: string) => Promise<Uint8Array>,
  ): Promise<ModelRunner>;
  /** Forgets the files of all other bundles. Environments stay: several models share one, and making it takes minutes. */
  keepOnly(bundles: readonly BundleRef[]): void;
}

export interface PythonModelsDeps {
  /** Where the files of models are laid out; private to this process. */
  readonly folders: string;
  /** Where environments are kept; processes of one machine share it. */
  readonly environments: string;
  readonly host: EnvironmentDeps['host'];
  /** An owner of the machine accepts that models run with the rights of this process where the kernel has no sandbox. */
  readonly allowUnsandboxed: boolean;
  readonly onOutput: (said: { model: string; version: number; text: string }) => void;
  /** Ends the making of environments and the loading of models: the server stops. */
  readonly signal: AbortSignal;
}

const installMs = 20 * 60_000;
const loadMs = 5 * 60_000;
const maximumAnswerBytes = 64 * 1024 * 1024;

export function createPythonModels(deps: PythonModelsDeps): PythonModels {
  const { folders, host, signal } = deps;
  const environments = { directory: deps.environments, host, timeoutMs: installMs, signal };

  return {
    async load(bundle, signature, read) {
      const { python } = signature;
      if (python === undefined) throw new Error('The bundle holds no Python model.');
      const environment = await preparePythonEnvironment(environments, {
        version: python.version ?? undefined,
        requirements: python.requirements,
      });
      const folder = await layOutModel(folders, bundle, read);
      const { model, version } = bundle;
      const missing = await whyNoSandbox(environment);
      if (missing !== undefined && !deps.allowUnsandboxed) throw new Error(refusal(missing));
      const start = () =>
        startPythonProcess({
          environment,
          model: python,
          folder,
          path: join(folder, python.path),
          signature,
          limits: defaultPythonLimits,
          sandboxed: missing === undefined,
          loadMs,
          maximumAnswerBytes,
          onOutput: (text) => deps.onOutput({ model, version, text }),
          signal,
        });
      return await createPythonRunner(start, signature, availableParallelism());
    },
    keepOnly: (bundles) => keepModelFolders(folders, bundles),
  };
}

function refusal(missing: string): string {
  return `This machine has no sandbox for Python models (${missing}). Let unprivileged users make namespaces, or start the server with --allow-unsandboxed-python: models then run with its rights.`;
}
