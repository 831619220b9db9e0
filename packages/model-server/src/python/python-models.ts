import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { BundleRef, ModelSignature } from '@esteira/contracts';
import type { ModelRunner } from '../engine/model-runner.ts';
import { keepModelFolders } from './model-folder.ts';
import { type PythonPlace, preparePython } from './prepare-python.ts';
import { startPythonProcess } from './python-process.ts';
import { createPythonRunner } from './python-runner.ts';
import { defaultPythonLimits } from './python-sandbox.ts';

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

export interface PythonModelsDeps extends PythonPlace {
  readonly onOutput: (said: { model: string; version: number; text: string }) => void;
  /** Ends the making of environments and the loading of models: the server stops. */
  readonly signal: AbortSignal;
}

const loadMs = 5 * 60_000;
const maximumAnswerBytes = 64 * 1024 * 1024;

export function createPythonModels(deps: PythonModelsDeps): PythonModels {
  const { folders, signal } = deps;

  return {
    async load(bundle, signature, read) {
      const { python } = signature;
      if (python === undefined) throw new Error('The bundle holds no Python model.');
      const lock = { version: python.version ?? undefined, requirements: python.requirements };
      const prepared = await preparePython(deps, lock, { bundle, read }, signal);
      const { model, version } = bundle;
      const start = () =>
        startPythonProcess({
          ...prepared,
          model: python,
          path: join(prepared.folder, python.path),
          signature,
          limits: defaultPythonLimits,
          loadMs,
          maximumAnswerBytes,
          onOutput: (text) => deps.onOutput({ model, version, text }),
          signal,
        });
      return await createPythonRunner(start, signature, availableParallelism(), { signal });
    },
    keepOnly: (bundles) => keepModelFolders(folders, bundles),
  };
}
