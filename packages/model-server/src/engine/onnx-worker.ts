import { parentPort, workerData } from 'node:worker_threads';
import type { Tensor } from '../protocol/tensor.ts';
import { createOnnxSession } from './onnx-session.ts';

/** A thread with one session. Takes `{id, feeds}`, answers `{id, outputs}` or `{id, problem}`. */
export interface WorkerQuestion {
  readonly id: number;
  readonly feeds: readonly (readonly [string, Tensor])[];
}

export type WorkerAnswer =
  | { readonly id: number; readonly outputs: readonly (readonly [string, Tensor])[] }
  | { readonly id: number; readonly problem: string };

const port = parentPort;
if (port === null) throw new Error('This file runs in a worker thread only.');
const session = await createOnnxSession(workerData as Uint8Array);
port.on('message', async (question: WorkerQuestion) => {
  try {
    const outputs = await session.run(new Map(question.feeds));
    port.postMessage({ id: question.id, outputs: [...outputs] } satisfies WorkerAnswer);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    port.postMessage({ id: question.id, problem } satisfies WorkerAnswer);
  }
});
