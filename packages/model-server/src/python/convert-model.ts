import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BundleRef } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import { type PythonPlace, preparePython } from './prepare-python.ts';
import { loadInTime, openPythonChannel, type PythonChannel } from './python-channel.ts';
import { defaultPythonLimits, pythonCommand } from './python-sandbox.ts';

/** A model that an estimator was kept as. */
export interface ModelToConvert {
  /** Whose format it has: the MLflow flavour, or a file of joblib or pickle. */
  readonly flavour: 'sklearn' | 'xgboost' | 'lightgbm' | 'pickle';
  readonly bundle: BundleRef;
  readonly read: (name: string) => Promise<Uint8Array>;
  /** The file that holds it, below the bundle; empty for the whole folder. */
  readonly path: string;
  /** Packages as lines of a requirements file, and the version of Python. */
  readonly requirements: readonly string[];
  readonly version: string | undefined;
  /** As its signature has them; undefined: as the model says. */
  readonly columns: readonly ConvertedColumn[] | undefined;
  /** What whoever asks is given: classes or values, or probabilities alone. */
  readonly answers: 'predict' | 'predict_proba';
}

export interface ConvertedColumn {
  readonly name: string;
  readonly text: boolean;
}

/** A model that is loaded in a sandbox with what writes it as a graph. `close` ends it and forgets its files. */
export interface LoadedOriginal {
  readonly columns: readonly ConvertedColumn[];
  /** What it was converted with, by package. */
  readonly packages: Readonly<Record<string, string>>;
  /** The ONNX graph, with one input `X` or with one for each column. Rejects with what cannot be converted. */
  convert(form: 'matrix' | 'columns'): Promise<Uint8Array>;
  /** What the original answers to columns, under the names of the graph's outputs. */
  answer(columns: readonly Tensor[]): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

const loadMs = 5 * 60_000;
const largestGraph = 512 * 1024 * 1024;
// Packages that bring a library of boosted trees.
const boosters = ['xgboost', 'xgboost-cpu', 'lightgbm'];

/**
 * Makes the environment of a model with what converts it, and loads it behind the walls of a Python model. `onOutput` is given
 * what it prints. Rejects with a reason that says what to do.
 */
export async function openOriginal(
  place: PythonPlace,
  model: ModelToConvert,
  options: { readonly signal: AbortSignal; readonly onOutput: (text: string) => void },
): Promise<LoadedOriginal> {
  const { flavour, columns, answers } = model;
  const lock = { version: model.version, requirements: withConverters(model) };
  const prepared = await preparePython(place, lock, model, options.signal);
  const { folder } = prepared;
  let channel: PythonChannel | undefined;

  async function close(): Promise<void> {
    channel?.end();
    await channel?.gone;
    await rm(folder, { recursive: true, force: true });
  }

  try {
    const command = pythonCommand({
      ...prepared,
      model: folder,
      purpose: 'convert',
      limits: defaultPythonLimits,
    });
    channel = openPythonChannel(command, { ...options, maximumAnswerBytes: largestGraph });
    const asked = channel;
    const question = { op: 'load', flavour, path: join(folder, model.path), columns, answers };
    const { header } = await loadInTime(asked, question, { loadMs, signal: options.signal });
    return {
      columns: readColumns(header.columns),
      packages: readPackages(header.packages),
      async convert(form) {
        const [graph] = (await asked.ask({ op: 'convert', form }, [])).tensors;
        if (!(graph?.data instanceof Uint8Array)) throw new Error('The converter gave no graph.');
        return graph.data;
      },
      answer: async (given) => (await asked.ask({ op: 'predict' }, given)).tensors,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Those that the model's own lock does not name; which versions fit it is for the installer to find. onnxmltools imports
 * packaging without asking for it.
 */
function withConverters({ flavour, requirements }: ModelToConvert): readonly string[] {
  const names = requirements.map(packageOf);
  const isBoosted = boosters.some((booster) => flavour === booster || names.includes(booster));
  const converters = ['skl2onnx', 'pandas', ...(isBoosted ? ['onnxmltools', 'packaging'] : [])];
  return [...requirements, ...converters.filter((name) => !names.includes(name))];
}

/** As PEP 503 compares names. */
function packageOf(requirement: string): string {
  const [name = ''] = /^[A-Za-z0-9._-]*/.exec(requirement) ?? [];
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** What a model's process says is taken no further than it is what was asked for. */
function readColumns(columns: unknown): readonly ConvertedColumn[] {
  if (!Array.isArray(columns)) throw new Error('The model does not say which columns it takes.');
  return columns.map((column: unknown) => {
    const { name, text } = Object(column) as Record<string, unknown>;
    return { name: String(name), text: text === true };
  });
}

function readPackages(packages: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(Object(packages) as object).map(([name, version]) => [name, String(version)]),
  );
}
