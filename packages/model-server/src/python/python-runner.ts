import type { ModelSignature } from '@esteira/contracts';
import { cutRows } from '../engine/join-batches.ts';
import type { ModelRunner } from '../engine/model-runner.ts';
import { createProcessRunner } from '../engine/process-runner.ts';
import { warmUpRows } from '../engine/warm-up-rows.ts';
import type { Tensor } from '../protocol/tensor.ts';
import type { PythonProcess } from './python-process.ts';
import { createStreamProcesses } from './stream-processes.ts';

const comparedRows = 4;
/** Each has the whole model in memory. */
const maximumStreams = 8;

/**
 * A model that is answered by Python processes, each with the whole model in memory: more of them only while one cannot
 * keep up. Rejects when the first cannot be started.
 */
export async function createPythonRunner(
  start: () => Promise<PythonProcess>,
  signature: ModelSignature,
  maximumProcesses: number,
): Promise<ModelRunner> {
  const began = performance.now();
  const first = await start();
  const joinable = await answersRowByRow(first, signature);
  const processes = createProcessRunner({ start, spare: first, joinable, maximumProcesses });
  const streams = first.streams ? createStreamProcesses({ start, maximum: maximumStreams }) : undefined;
  return {
    ...processes,
    ...(streams === undefined ? {} : { stream: streams.open }),
    waiting: () => processes.waiting() + (streams?.running() ?? 0),
    coldMs: performance.now() - began,
    engine: 'process',
    async close() {
      processes.close();
      streams?.close();
    },
  };
}

/** Whether rows may be answered together; a model that refuses made-up rows is asked about each request alone. */
async function answersRowByRow(process: PythonProcess, signature: ModelSignature): Promise<boolean> {
  const rows = warmUpRows(signature, undefined, comparedRows);
  try {
    const together = (await process.run(rows)).outputs;
    for (let row = 0; row < comparedRows; row++) {
      const one = cutRows(rows, comparedRows, row, 1);
      const expected = cutRows(together, comparedRows, row, 1);
      if (one === undefined || expected === undefined) return false;
      if (!alike((await process.run(one)).outputs, expected)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

function alike(some: readonly Tensor[], others: readonly Tensor[]): boolean {
  return some.every((tensor, position) => {
    const other = others[position];
    return (
      other !== undefined && [...tensor.data].every((value, index) => Object.is(value, other.data[index]))
    );
  });
}
