import type { ModelSignature, PythonRuntime } from '@esteira/contracts';
import { fitOutputs } from '../engine/fit-outputs.ts';
import type { ModelProcess } from '../engine/model-process.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { loadInTime, openPythonChannel } from './python-channel.ts';
import type { PythonEnvironment } from './python-environment.ts';
import type { PythonFrame } from './python-frames.ts';
import { type PythonLimits, pythonCommand } from './python-sandbox.ts';

/** A model in a Python process. Questions are answered one after the other; `run` rejects with what the model raised. */
export interface PythonProcess extends ModelProcess {
  /** Resolves when the process and everything it started has ended. */
  readonly gone: Promise<void>;
  /** The model can answer in pieces. */
  readonly streams: boolean;
  /** Begins to answer in pieces, one answer at a time: the first of them, undefined where there is none. */
  stream(feeds: readonly Tensor[]): Promise<readonly Tensor[] | undefined>;
  nextPiece(): Promise<readonly Tensor[] | undefined>;
  /** Tells the model that nobody reads on. */
  endStream(): Promise<void>;
}

export interface PythonProcessOptions {
  readonly environment: PythonEnvironment;
  readonly model: Pick<PythonRuntime, 'kind' | 'form' | 'dates'>;
  /** Where its files lie on this machine; all of them are shown to it. */
  readonly folder: string;
  /** The folder or file that is loaded. */
  readonly path: string;
  readonly signature: Pick<ModelSignature, 'outputs'>;
  readonly limits: PythonLimits;
  readonly sandboxed: boolean;
  /** How long loading may take, in ms. */
  readonly loadMs: number;
  /** The largest answer, in bytes. */
  readonly maximumAnswerBytes: number;
  /** What the model prints, in pieces. */
  readonly onOutput: (text: string) => void;
  /** Ends the process while it loads: the server stops. */
  readonly signal: AbortSignal;
}

/** Starts the process and loads the model. Throws an Error with the reason; nothing is left running then. */
export async function startPythonProcess(options: PythonProcessOptions): Promise<PythonProcess> {
  options.signal.throwIfAborted();
  const { kind, form, dates } = options.model;
  const channel = openPythonChannel(pythonCommand({ ...options, model: options.folder }), options);
  const { header } = await loadInTime(
    channel,
    { op: 'load', kind, path: options.path, form, dates },
    options,
  );

  function toPiece({ header, tensors }: PythonFrame): readonly Tensor[] | undefined {
    return header.done === true ? undefined : fitOutputs(tensors, options.signature.outputs);
  }

  return {
    pid: channel.pid,
    async run(feeds) {
      const began = performance.now();
      const { tensors } = await channel.ask({ op: 'predict', id: 0 }, feeds);
      const outputs = fitOutputs(tensors, options.signature.outputs);
      return { outputs, ms: performance.now() - began };
    },
    ended: channel.ended,
    kill: () => channel.end(),
    gone: channel.gone,
    streams: header.streams === true,
    stream: async (feeds) => toPiece(await channel.ask({ op: 'stream' }, feeds)),
    nextPiece: async () => toPiece(await channel.ask({ op: 'next' }, [])),
    async endStream() {
      await channel.ask({ op: 'cancel' }, []);
    },
  };
}
