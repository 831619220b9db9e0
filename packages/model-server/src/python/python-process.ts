import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import type { ModelSignature, PythonRuntime } from '@esteira/contracts';
import { fitOutputs } from '../engine/fit-outputs.ts';
import type { ModelProcess } from '../engine/model-process.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { killGroup } from './kill-group.ts';
import type { PythonEnvironment } from './python-environment.ts';
import { createFrameReader, encodeFrame, type PythonFrame } from './python-frames.ts';
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

interface Question {
  resolve(frame: PythonFrame): void;
  reject(error: Error): void;
}

/** Starts the process and loads the model. Throws an Error with the reason; nothing is left running then. */
export async function startPythonProcess(options: PythonProcessOptions): Promise<PythonProcess> {
  options.signal.throwIfAborted();
  const { command, args, env } = pythonCommand({ ...options, model: options.folder });
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], detached: true });
  const wire = child.stdio[3] as Duplex;
  const questions: Question[] = [];
  let ended: Error | undefined;
  const gone = followEnd(child, (error) => {
    ended ??= error;
    for (const question of questions.splice(0)) question.reject(ended);
  });
  const read = createFrameReader(options.maximumAnswerBytes, (frame) => questions.shift()?.resolve(frame));
  wire.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      ended ??= error instanceof Error ? error : new Error(String(error));
      killGroup(child);
    }
  });
  wire.on('error', () => {});
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (chunk: Buffer) => options.onOutput(chunk.toString('utf8')));

  function ask(header: Readonly<Record<string, unknown>>, tensors: readonly Tensor[]): Promise<PythonFrame> {
    if (ended !== undefined) return Promise.reject(ended);
    return new Promise((resolve, reject) => {
      questions.push({ resolve, reject });
      wire.cork();
      for (const part of encodeFrame(header, tensors)) wire.write(part);
      wire.uncork();
    });
  }

  function toPiece(frame: PythonFrame): readonly Tensor[] | undefined {
    const { header, tensors } = refuseProblem(frame);
    return header.done === true ? undefined : fitOutputs(tensors, options.signature.outputs);
  }

  function end(): void {
    ended ??= new Error('The process of the model was ended.');
    killGroup(child);
  }

  const late = setTimeout(() => {
    ended ??= new Error(`The model did not load within ${options.loadMs} ms.`);
    killGroup(child);
  }, options.loadMs);
  options.signal.addEventListener('abort', end, { once: true });
  let streams = false;
  try {
    const { kind, form, dates } = options.model;
    const { header } = refuseProblem(await ask({ op: 'load', kind, path: options.path, form, dates }, []));
    streams = header.streams === true;
  } catch (error) {
    end();
    await gone;
    throw error;
  } finally {
    clearTimeout(late);
    options.signal.removeEventListener('abort', end);
  }
  return {
    pid: child.pid ?? 0,
    async run(feeds) {
      const began = performance.now();
      const frame = refuseProblem(await ask({ op: 'predict', id: 0 }, feeds));
      const outputs = fitOutputs(frame.tensors, options.signature.outputs);
      return { outputs, ms: performance.now() - began };
    },
    ended: () => ended !== undefined,
    kill: end,
    gone,
    streams,
    stream: async (feeds) => toPiece(await ask({ op: 'stream' }, feeds)),
    nextPiece: async () => toPiece(await ask({ op: 'next' }, [])),
    async endStream() {
      refuseProblem(await ask({ op: 'cancel' }, []));
    },
  };
}

/** Resolves when the process has ended; tells why before. */
function followEnd(child: ChildProcess, onEnd: (error: Error) => void): Promise<void> {
  let complained = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complained = (complained + chunk.toString('utf8')).slice(-2_000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      onEnd(error);
      resolve();
    });
    child.once('close', (status, signal) => {
      const last = complained.trim().split('\n').at(-1) ?? '';
      onEnd(
        new Error(`The process of the model has ended (${signal ?? `status ${status}`}). ${last}`.trim()),
      );
      resolve();
    });
  });
}

function refuseProblem(frame: PythonFrame): PythonFrame {
  const { problem } = frame.header;
  if (problem !== undefined) throw new Error(String(problem));
  return frame;
}
