import type { ModelSignature } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import type { OnnxProcess } from './onnx-process.ts';
import { answersRowByRow } from './same-answers.ts';
import { type KnownValues, noValues, warmUpRows } from './warm-up-rows.ts';

/** What the runtime showed of a graph in a process of its own, before the graph may be answered anywhere else. */
export interface RuntimeAnswers {
  /** To `comparedRows` rows made for the graph. */
  readonly outputs: readonly Tensor[];
  /** Each row is answered alike alone and in company. */
  readonly joinable: boolean;
  /** Milliseconds of a warm batch of so many rows; a batch larger than those that are here takes longer than `longestMs`. */
  readonly batchMs: ReadonlyMap<number, number>;
}

export const comparedRows = 64;
/** Float32 keeps seven digits, and runtimes add in different orders. */
export const tolerance = 1e-6;
export const batchSizes = [1, 16, comparedRows, 256, 1024];
/** What the thread that answers requests may spend on one batch. */
export const longestMs = 4;
export const repeats = 5;

/**
 * Asks the runtime about rows made for the graph; undefined where it refuses those. Rejects when it cannot answer one row of
 * zeros: such a model answers nobody.
 */
export async function askRuntime(
  runtime: OnnxProcess,
  signature: ModelSignature,
  values: KnownValues,
): Promise<RuntimeAnswers | undefined> {
  await runtime.run(zerosOf(signature));
  const rows = warmUpRows(signature, values, comparedRows);
  const oracle = await runtime.run(rows).catch(() => undefined);
  if (oracle === undefined) return undefined;
  const joinable = await answersRowByRow(runtime, {
    rows,
    together: oracle.outputs,
    count: comparedRows,
    alone: [0, comparedRows - 1],
    tolerance,
  }).catch(() => false);
  return { outputs: oracle.outputs, joinable, batchMs: await timeBatches(runtime, signature, values) };
}

/** The size that is compared, and the others up to the first that takes too long. */
async function timeBatches(
  runtime: OnnxProcess,
  signature: ModelSignature,
  values: KnownValues,
): Promise<ReadonlyMap<number, number>> {
  const batchMs = new Map<number, number>();
  for (const size of batchSizes) {
    const ms = await fastest(runtime, warmUpRows(signature, values, size));
    batchMs.set(size, ms);
    if (size >= comparedRows && ms > longestMs) break;
  }
  return batchMs;
}

/** In ms: the best of some runs, as what else the machine does only ever adds. */
async function fastest(runtime: OnnxProcess, rows: readonly Tensor[]): Promise<number> {
  let ms = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < repeats; repeat++) ms = Math.min(ms, (await runtime.run(rows)).ms);
  return ms;
}

function zerosOf(signature: ModelSignature): readonly Tensor[] {
  const rows = warmUpRows(signature, noValues, 1);
  for (const tensor of rows) {
    if (tensor.datatype === 'BYTES') tensor.data.fill('');
    else if (tensor.datatype === 'INT64' || tensor.datatype === 'UINT64') tensor.data.fill(0n);
    else tensor.data.fill(0);
  }
  return rows;
}
