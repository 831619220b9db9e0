import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '../protocol/tensor.ts';
import type { ModelProcess } from './model-process.ts';
import type { ChildAnswer, ChildQuestion } from './onnx-child.ts';
import type { GraphTensor } from './onnx-session.ts';

/** A graph in a process of its own, with what it takes and gives. */
export interface OnnxProcess extends ModelProcess {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
}

export interface OnnxProcessLimits {
  /** For loading the graph, in ms. */
  readonly loadMs: number;
  /** What the process may hold in memory, in bytes; where the system knows such a limit. */
  readonly memoryBytes: number;
}

const partBytes = 1024 * 1024;

interface Waiting {
  resolve(answer: { outputs: readonly Tensor[]; ms: number }): void;
  reject(error: Error): void;
}

/** Loads a graph in a new process. Rejects with the reason when it cannot be loaded within the limits. */
export async function startOnnxProcess(bytes: Uint8Array, limits: OnnxProcessLimits): Promise<OnnxProcess> {
  const child = spawnChild(limits.memoryBytes);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let end: Error | undefined;
  const finish = (error: Error): void => {
    end ??= error;
    for (const question of waiting.values()) question.reject(end);
    waiting.clear();
    child.kill('SIGKILL');
    holdOn(child, false);
  };
  const loaded = await new Promise<Extract<ChildAnswer, { kind: 'loaded' }>>((resolve, reject) => {
    const late = setTimeout(
      () => fail(new Error(`The graph was not loaded within ${limits.loadMs} ms.`)),
      limits.loadMs,
    );
    const fail = (error: Error): void => {
      clearTimeout(late);
      finish(error);
      reject(error);
    };
    child.once('error', fail);
    child.once('exit', (code, signal) => fail(new Error(endOf(code, signal, limits.memoryBytes))));
    child.on('message', (answer: ChildAnswer) => {
      if (answer.kind === 'refused') fail(new Error(answer.problem));
      else if (answer.kind === 'loaded') {
        clearTimeout(late);
        resolve(answer);
      } else hear(answer);
    });
    void bring(bytes).then(() => tell({ kind: 'load' }));
  });

  holdOn(child, false);

  function hear(answer: Extract<ChildAnswer, { kind: 'answer' | 'failed' }>): void {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'answer') question?.resolve(answer);
    else question?.reject(new Error(answer.problem));
    if (waiting.size === 0) holdOn(child, false);
  }

  /** A large graph would take the thread for as long as it takes to copy it. */
  async function bring(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length && end === undefined; start += partBytes) {
      const question: ChildQuestion = { kind: 'part', bytes: bytes.subarray(start, start + partBytes) };
      await new Promise<void>((resolve) => child.send(question, () => resolve()));
    }
  }

  function tell(question: ChildQuestion): void {
    // What it could not be told, its end will tell.
    child.send(question, () => {});
  }

  return {
    pid: child.pid ?? 0,
    inputs: loaded.inputs,
    outputs: loaded.outputs,
    run(feeds) {
      if (end !== undefined) return Promise.reject(end);
      return new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        holdOn(child, true);
        tell({ kind: 'run', id: lastId, feeds });
      });
    },
    ended: () => end !== undefined,
    kill: () => finish(new Error('The process of the model was ended.')),
  };
}

/** The shell sets the limit before the runtime starts; nothing of this process's environment is handed down. */
function spawnChild(memoryBytes: number): ChildProcess {
  const path = fileURLToPath(new URL('./onnx-child.ts', import.meta.url));
  const command = [process.execPath, path];
  const limited =
    process.platform === 'linux'
      ? ['/bin/sh', '-c', 'ulimit -d "$0"; exec "$@"', String(Math.ceil(memoryBytes / 1024)), ...command]
      : command;
  const [file = '', ...argv] = limited;
  const child = spawn(file, argv, {
    env:
      process.env.NODE_COMPILE_CACHE === undefined
        ? {}
        : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return child;
}

/** Only a process that somebody waits for keeps this one alive. */
function holdOn(child: ChildProcess, hold: boolean): void {
  if (hold) child.ref();
  else child.unref();
  if (hold) child.channel?.ref();
  else child.channel?.unref();
}

function endOf(code: number | null, signal: NodeJS.Signals | null, memoryBytes: number): string {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return `The process of the model ended ${how}; it may hold ${Math.round(memoryBytes / 2 ** 20)} MiB.`;
}
