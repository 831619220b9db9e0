import { Worker } from 'node:worker_threads';
import type { ModelSignature } from '@esteira/contracts';
import { emptyTensor, type Tensor } from '../protocol/tensor.ts';
import { isCheapGraph } from './cheap-operators.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { createOnnxSession, type OnnxSession } from './onnx-session.ts';
import type { WorkerAnswer, WorkerQuestion } from './onnx-worker.ts';

/** A model ready to answer. */
export interface ModelRunner {
  /** Milliseconds that loading and the first answer took. */
  readonly coldMs: number;
  /** Throws `RunnerBusy` when too many questions wait. */
  run(batch: FeatureBatch): Promise<ReadonlyMap<string, Tensor>>;
  /** Runs and ends the thread of the run meanwhile: how a drill kills a model. Always rejects. */
  runAndKill(batch: FeatureBatch): Promise<never>;
  /** Questions that wait for the thread of the model, the one it is at included. */
  waiting(): number;
  /** A run did not come back in time: its thread is given up and replaced. */
  recycle(): void;
  close(): Promise<void>;
}

export class RunnerBusy extends Error {}

// What the HTTP thread may spend on one answer; anything dearer goes to a thread of its own.
const inlineBudgetMs = 4;
const maximumWaiting = 512;
const warmUpRows = 32;

/**
 * Loads the graph and asks it once. A graph of cheap operators answers small batches on the calling thread, which saves
 * the two crossings of a thread border (as dear as the inference itself); large batches, and graphs that may loop, run in a
 * worker thread that can be ended.
 */
export async function createModelRunner(bytes: Uint8Array, signature: ModelSignature): Promise<ModelRunner> {
  const started = performance.now();
  const inline = isCheapGraph(signature.operators) ? await createOnnxSession(bytes) : undefined;
  let worker: WorkerSession | undefined = inline === undefined ? createWorkerSession(bytes) : undefined;
  const rowMs = await warmUp(inline ?? worker, signature);
  const coldMs = performance.now() - started;
  return {
    coldMs,
    run(batch) {
      if (inline !== undefined && batch.rows * rowMs <= inlineBudgetMs) return inline.run(batch.feeds);
      worker ??= createWorkerSession(bytes);
      return worker.run(batch.feeds);
    },
    async runAndKill(batch) {
      const victim = createWorkerSession(bytes);
      const run = victim.run(batch.feeds);
      await Promise.all([run, victim.close()]);
      throw new Error('The model answered before its thread was ended.');
    },
    waiting: () => worker?.waiting() ?? 0,
    recycle() {
      void worker?.close();
      worker = undefined;
    },
    async close() {
      await worker?.close();
      await inline?.close();
    },
  };
}

interface WorkerSession extends Pick<OnnxSession, 'run' | 'close'> {
  waiting(): number;
}

function createWorkerSession(bytes: Uint8Array): WorkerSession {
  const worker = new Worker(new URL('./onnx-worker.ts', import.meta.url), { workerData: bytes });
  const waiting = new Map<
    number,
    { resolve(outputs: ReadonlyMap<string, Tensor>): void; reject(error: Error): void }
  >();
  let ended: Error | undefined;
  let lastId = 0;
  worker.on('message', (answer: WorkerAnswer) => {
    const question = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('problem' in answer) question?.reject(new Error(answer.problem));
    else question?.resolve(new Map(answer.outputs));
  });
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => end(hasEnded()));
  worker.unref();

  function end(error: Error): void {
    ended ??= error;
    for (const question of waiting.values()) question.reject(error);
    waiting.clear();
  }

  return {
    run(feeds) {
      if (ended !== undefined) return Promise.reject(ended);
      if (waiting.size >= maximumWaiting) return Promise.reject(new RunnerBusy());
      return new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        worker.postMessage({ id: lastId, feeds: [...feeds] } satisfies WorkerQuestion);
      });
    },
    waiting: () => waiting.size,
    async close() {
      // Nobody waits for an answer that comes in the last moment.
      end(hasEnded());
      await worker.terminate();
    },
  };
}

function hasEnded(): Error {
  return new Error('The thread of the model has ended.');
}

/** Asks once cold and once warm; returns ms per row of the warm answer. */
async function warmUp(
  session: Pick<OnnxSession, 'run'> | undefined,
  signature: ModelSignature,
): Promise<number> {
  const feeds = new Map<string, Tensor>();
  for (const input of signature.inputs) {
    const shape = input.shape.map((dimension, axis) => (dimension === -1 && axis > 0 ? 1 : dimension));
    feeds.set(input.name, emptyTensor({ name: input.name, datatype: input.datatype, shape }, warmUpRows));
  }
  await session?.run(feeds);
  const started = performance.now();
  await session?.run(feeds);
  return (performance.now() - started) / warmUpRows;
}
