import { Worker } from 'node:worker_threads';
import { type ReadGraph, readGraph, unread } from './read-graph.ts';
import type { ReadQuestion } from './read-graph-worker.ts';

/** A small graph is read before a thread has started. */
const smallBytes = 256 * 1024;
/** Handing over more than this takes longer than others may be kept waiting; the runtime alone answers for such a graph. */
const mostBytes = 32 * 1024 * 1024;
const mostMemoryMb = 1024;
const patienceMs = 60_000;

/** Reads a graph in a thread of its own, which has its bounds: whoever is answered on this one does not wait for it. */
export async function readGraphApart(bytes: Uint8Array, toCompile: boolean): Promise<ReadGraph> {
  if (bytes.length > mostBytes) return unread;
  if (bytes.length <= smallBytes) return readGraph(bytes, toCompile);
  const worker = new Worker(new URL('./read-graph-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMb },
  });
  const late = setTimeout(() => void worker.terminate(), patienceMs);
  try {
    return await new Promise<ReadGraph>((resolve) => {
      worker.once('message', resolve);
      worker.once('error', () => resolve(unread));
      worker.once('exit', () => resolve(unread));
      const question: ReadQuestion = { bytes, toCompile };
      worker.postMessage(question);
    });
  } finally {
    clearTimeout(late);
    void worker.terminate();
  }
}
