import { availableParallelism } from 'node:os';
import type { ModelSignature } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import { askRuntime, comparedRows, longestMs, type RuntimeAnswers } from './ask-runtime.ts';
import { isCheapGraph } from './cheap-operators.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { modelMemoryBytes } from './model-memory.ts';
import type { ModelStream } from './model-stream.ts';
import { type OnnxProcess, startOnnxProcess } from './onnx-process.ts';
import type { OnnxSession } from './onnx-session.ts';
import { createProcessRunner, type ProcessRunner } from './process-runner.ts';
import { proveGraph } from './prove-graph.ts';
import type { ReadGraph } from './read-graph.ts';
import { readGraphApart } from './read-graph-apart.ts';
import type { RuntimeArchive } from './runtime-archive.ts';
import type { StepTime } from './step-times.ts';
import { type KnownValues, warmUpRows } from './warm-up-rows.ts';

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
  /** What each step took, of the requests to an endpoint; absent where there is one model. */
  readonly stepTimes?: (endpoint: string) => readonly StepTime[];
  close(): Promise<void>;
}

const loadMs = 60_000;
/** The runtime loads a larger graph for so long that nobody may wait for it on the calling thread. */
const mostInlineBytes = 1024 * 1024;

/**
 * Has the runtime show the graph in a process of its own, or reads what it showed before, then takes the fastest way of
 * answering that is safe: our own evaluator for small batches of graphs it knows; the runtime on the calling thread for small graphs
 * of cheap operators, whose work is bounded by their input; processes that can be ended for everything else and for large
 * batches.
 */
export async function createModelRunner(
  bytes: Uint8Array,
  signature: ModelSignature,
  known?: { readonly digest: string; readonly archive: RuntimeArchive },
): Promise<ModelRunner> {
  const started = performance.now();
  const limits = { loadMs, memoryBytes: modelMemoryBytes(bytes.length) };
  const start = () => startOnnxProcess(bytes, limits);
  const cheap = isCheapGraph(signature.operators);
  const { values, model }: ReadGraph = await readGraphApart(bytes, cheap);
  const asked = known && { digest: known.digest, rows: warmUpRows(signature, values, comparedRows) };
  const kept = asked && cheap ? await known.archive.find(asked) : undefined;
  const first = kept === undefined ? await start() : undefined;
  const answers = first === undefined ? kept : await askInTime(first, signature, values);
  if (asked && cheap && kept === undefined && answers !== undefined) await known.archive.keep(asked, answers);
  const own = model && answers ? await proveGraph(model, signature, values, answers) : undefined;
  const inlined = cheap && bytes.length <= mostInlineBytes;
  if (inlined || own !== undefined) first?.kill();
  const processes = createProcessRunner({
    start,
    spare: inlined || own !== undefined ? undefined : first,
    joinable: answers?.joinable ?? false,
    maximumProcesses: availableParallelism(),
  });
  let inline: OnnxSession | undefined;
  const rowMs = (answers?.batchMs.get(comparedRows) ?? Number.POSITIVE_INFINITY) / comparedRows;
  const largestInline = inlined ? longestMs / rowMs : 0;
  if (inlined && own === undefined) inline = await openSession(bytes);
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
    engine: own !== undefined ? 'compiled' : inlined ? 'runtime' : 'process',
    run(batch, model, timeoutMs) {
      if (own !== undefined && batch.rows < own.compiledBelow) return own.compiled.run(batch);
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

async function askInTime(
  runtime: OnnxProcess,
  signature: ModelSignature,
  values: KnownValues,
): Promise<RuntimeAnswers | undefined> {
  const late = setTimeout(() => runtime.kill(), loadMs);
  try {
    return await askRuntime(runtime, signature, values);
  } catch (error) {
    runtime.kill();
    throw error;
  } finally {
    clearTimeout(late);
  }
}
