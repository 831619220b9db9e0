import { availableParallelism } from 'node:os';
import type { ModelSignature } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import { isCheapGraph } from './cheap-operators.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { modelMemoryBytes } from './model-memory.ts';
import type { ModelStream } from './model-stream.ts';
import { type OnnxProcess, startOnnxProcess } from './onnx-process.ts';
import type { OnnxSession } from './onnx-session.ts';
import { createProcessRunner, type ProcessRunner } from './process-runner.ts';
import { longestMs, proveGraph } from './prove-graph.ts';

/** A model ready to answer. */
export interface ModelRunner extends Pick<ProcessRunner, 'runAndKill' | 'waiting' | 'memoryBytes'> {
  /** Milliseconds that loading and the first answers took. */
  readonly coldMs: number;
  /**
   * The answer for the endpoint `model`, at once where it is made on the calling thread. Rejects (or throws) as
   * `ModelPool.ask` does; `timeoutMs` bounds what is answered elsewhere.
   */
  run(
    batch: FeatureBatch,
    model: string,
    timeoutMs: number,
  ): ReadonlyMap<string, Tensor> | Promise<ReadonlyMap<string, Tensor>>;
  /** Answers in pieces, each within `timeoutMs`; absent where the model answers at once. */
  readonly stream?: (batch: FeatureBatch, model: string, timeoutMs: number) => ModelStream;
  /** What answers small batches, for those who look: our own code, the runtime on the calling thread, or a process. */
  readonly engine: 'compiled' | 'runtime' | 'process';
  close(): Promise<void>;
}

const loadMs = 60_000;

/**
 * Proves the graph in a process of its own, then takes the fastest way of answering that is safe: our own evaluator for
 * small batches of graphs it knows; the runtime on the calling thread for graphs of cheap operators, whose work is bounded
 * by their input; processes that can be ended for everything else and for large batches.
 */
export async function createModelRunner(bytes: Uint8Array, signature: ModelSignature): Promise<ModelRunner> {
  const started = performance.now();
  const limits = { loadMs, memoryBytes: modelMemoryBytes(bytes.length) };
  const start = () => startOnnxProcess(bytes, limits);
  const first = await start();
  const cheap = isCheapGraph(signature.operators);
  const { compiled, compiledBelow, rowMs, joinable } = await proveInTime(bytes, signature, first, cheap);
  if (cheap) first.kill();
  const processes = createProcessRunner({
    start,
    spare: cheap ? undefined : first,
    joinable,
    maximumProcesses: availableParallelism(),
  });
  let inline: OnnxSession | undefined;
  const largestInline = cheap ? longestMs / rowMs : 0;
  if (cheap && compiled === undefined) inline = await openSession(bytes);
  let opening: Promise<OnnxSession> | undefined;
  const coldMs = performance.now() - started;

  /** The runtime is loaded into this process only when a batch comes for which it is the fastest. */
  async function runInline(batch: FeatureBatch): Promise<ReadonlyMap<string, Tensor>> {
    opening ??= openSession(bytes);
    inline ??= await opening;
    return await inline.run(batch.feeds);
  }

  return {
    coldMs,
    engine: compiled !== undefined ? 'compiled' : cheap ? 'runtime' : 'process',
    run(batch, model, timeoutMs) {
      if (compiled !== undefined && batch.rows < compiledBelow) return compiled.run(batch);
      if (batch.rows <= largestInline)
        return inline === undefined ? runInline(batch) : inline.run(batch.feeds);
      return processes.run(batch, model, timeoutMs);
    },
    runAndKill: processes.runAndKill,
    waiting: processes.waiting,
    memoryBytes: processes.memoryBytes,
    async close() {
      processes.close();
      await (inline ?? (await opening?.catch(() => undefined)))?.close();
    },
  };
}

/** A process that never needs the runtime does not load its library, which holds tens of megabytes. */
async function openSession(bytes: Uint8Array): Promise<OnnxSession> {
  const { createOnnxSession } = await import('./onnx-session.ts');
  return await createOnnxSession(bytes);
}

async function proveInTime(
  bytes: Uint8Array,
  signature: ModelSignature,
  process: OnnxProcess,
  cheap: boolean,
) {
  const late = setTimeout(() => process.kill(), loadMs);
  try {
    return await proveGraph({ bytes, signature, runtime: process, cheap });
  } catch (error) {
    process.kill();
    throw error;
  } finally {
    clearTimeout(late);
  }
}
