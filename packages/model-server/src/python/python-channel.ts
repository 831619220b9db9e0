import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { invalidRequest } from '../inference-error.ts';
import type { Tensor } from '../protocol/tensor.ts';
import { killGroup } from './kill-group.ts';
import { createFrameReader, encodeFrame, type PythonFrame } from './python-frames.ts';
import type { pythonCommand } from './python-sandbox.ts';

/** A Python process that answers questions one after the other. */
export interface PythonChannel {
  readonly pid: number;
  /** Rejects with what the process says is wrong, or why it has ended: INVALID_INFERENCE_REQUEST where the question is at fault. */
  ask(header: Readonly<Record<string, unknown>>, tensors: readonly Tensor[]): Promise<PythonFrame>;
  /** Ends it with everything it started; questions that wait are rejected with the reason, unless it has ended by another. */
  end(reason?: string): void;
  ended(): boolean;
  /** Resolves when the process and everything it started has ended. */
  readonly gone: Promise<void>;
}

interface Question {
  resolve(frame: PythonFrame): void;
  reject(error: Error): void;
}

/** Starts the command. `onOutput` is given what it prints, in pieces; `maximumAnswerBytes` is the largest answer. */
export function openPythonChannel(
  { command, args, env }: ReturnType<typeof pythonCommand>,
  options: { readonly maximumAnswerBytes: number; readonly onOutput: (text: string) => void },
): PythonChannel {
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

  return {
    pid: child.pid ?? 0,
    async ask(header, tensors) {
      if (ended !== undefined) throw ended;
      const frame = await new Promise<PythonFrame>((resolve, reject) => {
        questions.push({ resolve, reject });
        wire.cork();
        for (const part of encodeFrame(header, tensors)) wire.write(part);
        wire.uncork();
      });
      const { problem, refused } = frame.header;
      if (refused !== undefined) throw invalidRequest(String(refused));
      if (problem !== undefined) throw new Error(String(problem));
      return frame;
    },
    end(reason = 'The process of the model was ended.') {
      ended ??= new Error(reason);
      killGroup(child);
    },
    ended: () => ended !== undefined,
    gone,
  };
}

/**
 * Asks the first question, which loads something. Ends the process and rejects with the reason when it cannot, when it takes
 * longer than `loadMs`, or when the signal is given.
 */
export async function loadInTime(
  channel: PythonChannel,
  header: Readonly<Record<string, unknown>>,
  { loadMs, signal }: { readonly loadMs: number; readonly signal: AbortSignal },
): Promise<PythonFrame> {
  const stop = (): void => channel.end();
  const late = setTimeout(() => channel.end(`The model did not load within ${loadMs} ms.`), loadMs);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await channel.ask(header, []);
  } catch (error) {
    channel.end();
    await channel.gone;
    throw error;
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
  }
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
