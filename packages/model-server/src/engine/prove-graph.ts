import type { ModelSignature } from '@esteira/contracts';
import { type OnnxModel, readOnnx } from '@esteira/ml';
import type { Tensor } from '../protocol/tensor.ts';
import { type CompiledGraph, compileGraph } from './compiled-graph.ts';
import type { FeatureBatch } from './feature-batch.ts';
import type { OnnxProcess } from './onnx-process.ts';
import { answersRowByRow, sameAnswers } from './same-answers.ts';
import { warmUpRows } from './warm-up-rows.ts';

/** What a graph showed of itself in a process of its own, before it may answer anywhere else. */
export interface ProvenGraph {
  /** Our own evaluator, where it gives the runtime's answers and is faster. */
  readonly compiled: CompiledGraph | undefined;
  /** Batches of fewer rows than this are answered by our own evaluator. */
  readonly compiledBelow: number;
  /** Of the runtime, in ms per row of a warm batch. */
  readonly rowMs: number;
  /** Each row is answered alike alone and in company. */
  readonly joinable: boolean;
}

const comparedRows = 64;
/** Float32 keeps seven digits, and runtimes add in different orders. */
const tolerance = 1e-6;
const sizes = [1, 16, 64, 256, 1024];
const repeats = 5;
const measuredMs = 0.5;
/** The library of the runtime holds tens of megabytes in every serving process: a little more speed is not worth them. */
const worthLoading = 1.5;
/** What the thread that answers requests may spend on one batch. */
export const longestMs = 4;

/**
 * Asks the runtime about rows made for the graph, and our own evaluator the same. Rejects when the graph cannot answer one
 * row of zeros: such a model answers nobody.
 */
export async function proveGraph(graph: {
  readonly bytes: Uint8Array;
  readonly signature: ModelSignature;
  readonly runtime: OnnxProcess;
  /** Made of operators that may run on the thread that answers requests. */
  readonly cheap: boolean;
}): Promise<ProvenGraph> {
  const { bytes, signature, runtime } = graph;
  const model = readModel(bytes);
  await runtime.run(zerosOf(signature));
  const rows = warmUpRows(signature, model, comparedRows);
  const oracle = await runtime.run(rows).catch(() => undefined);
  if (oracle === undefined)
    return { compiled: undefined, compiledBelow: 0, rowMs: Number.POSITIVE_INFINITY, joinable: false };
  const rowMs = (await fastest(runtime, rows)) / comparedRows;
  const joinable = await answersRowByRow(runtime, {
    rows,
    together: oracle.outputs,
    count: comparedRows,
    alone: [0, comparedRows - 1],
    tolerance,
  }).catch(() => false);
  const compiled =
    graph.cheap && joinable && model !== undefined ? compileEqual(model, rows, oracle.outputs) : undefined;
  const compiledBelow = compiled === undefined ? 0 : await findCrossing(compiled, signature, model, runtime);
  return { compiled: compiledBelow > 0 ? compiled : undefined, compiledBelow, rowMs, joinable };
}

function readModel(bytes: Uint8Array): OnnxModel | undefined {
  try {
    return readOnnx(bytes);
  } catch {
    // The runtime decides what can be served; without our own reading it is served by the runtime alone.
    return undefined;
  }
}

function compileEqual(
  model: OnnxModel,
  rows: readonly Tensor[],
  oracle: readonly Tensor[],
): CompiledGraph | undefined {
  try {
    const compiled = compileGraph(model);
    return compiled !== undefined && sameAnswers(compiled.run(batchOf(rows)), oracle, tolerance)
      ? compiled
      : undefined;
  } catch {
    return undefined;
  }
}

/** The first of some batch sizes at which the runtime is so much faster that its library is worth loading. */
async function findCrossing(
  compiled: CompiledGraph,
  signature: ModelSignature,
  model: OnnxModel | undefined,
  runtime: OnnxProcess,
): Promise<number> {
  for (const [position, size] of sizes.entries()) {
    const rows = warmUpRows(signature, model, size);
    const batch = batchOf(rows);
    const theirs = await fastest(runtime, rows);
    let own = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < repeats; repeat++) own = Math.min(own, timed(compiled, batch));
    const slower = own > worthLoading * theirs;
    if (slower || own > longestMs) return position === 0 && slower ? 0 : size;
  }
  return Number.POSITIVE_INFINITY;
}

/** In ms: the best of some runs, as what else the machine does only ever adds. */
async function fastest(runtime: OnnxProcess, rows: readonly Tensor[]): Promise<number> {
  let ms = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < repeats; repeat++) ms = Math.min(ms, (await runtime.run(rows)).ms);
  return ms;
}

/** In ms. A small batch is repeated for a while, as the compiler has to see code run before it makes it fast. */
function timed(compiled: CompiledGraph, batch: FeatureBatch): number {
  const started = performance.now();
  let runs = 0;
  let spent = 0;
  while (spent < measuredMs) {
    compiled.run(batch);
    runs += 1;
    spent = performance.now() - started;
  }
  return spent / runs;
}

function batchOf(tensors: readonly Tensor[]): FeatureBatch {
  return {
    rows: tensors[0]?.shape[0] ?? 0,
    feeds: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
}

function zerosOf(signature: ModelSignature): readonly Tensor[] {
  const rows = warmUpRows(signature, undefined, 1);
  for (const tensor of rows) {
    if (tensor.datatype === 'BYTES') tensor.data.fill('');
    else if (tensor.datatype === 'INT64' || tensor.datatype === 'UINT64') tensor.data.fill(0n);
    else tensor.data.fill(0);
  }
  return rows;
}
