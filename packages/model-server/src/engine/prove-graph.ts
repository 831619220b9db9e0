import { setImmediate as turn } from 'node:timers/promises';
import type { ModelSignature } from '@esteira/contracts';
import type { OnnxModel } from '@esteira/ml';
import type { Tensor } from '../protocol/tensor.ts';
import {
  batchSizes,
  comparedRows,
  longestMs,
  type RuntimeAnswers,
  repeats,
  tolerance,
} from './ask-runtime.ts';
import { type CompiledGraph, compileGraph } from './compiled-graph.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { cutRows } from './join-batches.ts';
import { sameAnswers } from './same-answers.ts';
import { type KnownValues, warmUpRows } from './warm-up-rows.ts';

/** Our own evaluator of a graph, and for which batches it is the one to ask. */
export interface ProvenGraph {
  readonly compiled: CompiledGraph;
  /** Batches of fewer rows than this are answered by our own evaluator. */
  readonly compiledBelow: number;
}

const measuredMs = 0.5;
const coldRows = 4;
const rowsAtOnce = 8;
/** The library of the runtime holds tens of megabytes in every serving process, and a busy moment makes either look slow. */
const worthLoading = 4;

/** Our own evaluator, where it knows the graph, gives the runtime's answers and is about as fast; undefined otherwise. */
export async function proveGraph(
  model: OnnxModel,
  signature: ModelSignature,
  values: KnownValues,
  runtime: RuntimeAnswers,
): Promise<ProvenGraph | undefined> {
  if (!runtime.joinable) return undefined;
  const compiled = await compileEqual(model, warmUpRows(signature, values, comparedRows), runtime);
  if (compiled === undefined) return undefined;
  const compiledBelow = await findCrossing(compiled, signature, values, runtime);
  return compiledBelow > 0 ? { compiled, compiledBelow } : undefined;
}

/** A few rows at a time, which the runtime answers as it answers all: others are answered on this thread. */
async function compileEqual(
  model: OnnxModel,
  rows: readonly Tensor[],
  { outputs }: RuntimeAnswers,
): Promise<CompiledGraph | undefined> {
  try {
    const compiled = compileGraph(model);
    if (compiled === undefined) return undefined;
    for (let row = 0; row < comparedRows; row += rowsAtOnce) {
      await turn();
      const asked = cutRows(rows, comparedRows, row, rowsAtOnce);
      const expected = cutRows(outputs, comparedRows, row, rowsAtOnce);
      if (asked === undefined || expected === undefined) return undefined;
      if (!sameAnswers(compiled.run(batchOf(asked)), expected, tolerance)) return undefined;
    }
    return compiled;
  } catch {
    return undefined;
  }
}

/** The first of some batch sizes at which the runtime is so much faster that its library is worth loading. */
async function findCrossing(
  compiled: CompiledGraph,
  signature: ModelSignature,
  values: KnownValues,
  { batchMs }: RuntimeAnswers,
): Promise<number> {
  let rowMs = 0;
  for (const [position, size] of batchSizes.entries()) {
    // Rows take longer while few were seen, but not by so much.
    if (rowMs * size > coldRows * longestMs) return size;
    const batch = batchOf(warmUpRows(signature, values, size));
    const theirs = batchMs.get(size) ?? Number.POSITIVE_INFINITY;
    let own = Number.POSITIVE_INFINITY;
    for (let repeat = 0; repeat < repeats; repeat++) {
      // Others are answered on this thread.
      await turn();
      own = Math.min(own, timed(compiled, batch));
    }
    const slower = own > worthLoading * theirs;
    if (slower || own > longestMs) return position === 0 && slower ? 0 : size;
    rowMs = own / size;
  }
  return Number.POSITIVE_INFINITY;
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
