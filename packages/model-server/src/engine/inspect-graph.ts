import { Worker } from 'node:worker_threads';
import type { Tensor } from '../protocol/tensor.ts';
import type { InspectedGraph, InspectorAnswer, InspectorQuestion } from './inspect-worker.ts';

/**
 * Loads a graph in a thread of its own and asks it the given questions (the tensors of each). Rejects when the runtime
 * refuses the graph or it takes longer than `timeoutMs`; the thread is ended in any case.
 */
export async function inspectGraph(
  bytes: Uint8Array,
  questions: readonly (readonly Tensor[])[],
  timeoutMs: number,
): Promise<InspectedGraph> {
  const worker = new Worker(new URL('./inspect-worker.ts', import.meta.url), {
    workerData: { bytes, questions } satisfies InspectorQuestion,
  });
  const limit = setTimeout(() => void worker.terminate(), timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', (answer: InspectorAnswer) => {
        if ('problem' in answer) reject(new Error(answer.problem));
        else resolve(answer);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error(`The graph did not answer within ${timeoutMs} ms.`)));
    });
  } finally {
    clearTimeout(limit);
    await worker.terminate();
  }
}
