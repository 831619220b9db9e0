import { readFileSync } from 'node:fs';
import type { ModelSignature } from '@esteira/contracts';
import { cutRows } from '../engine/join-batches.ts';
import { createModelPool } from '../engine/model-pool.ts';
import type { ModelRunner } from '../engine/model-runner.ts';
import { warmUpRows } from '../engine/warm-up-rows.ts';
import type { Tensor } from '../protocol/tensor.ts';
import type { PythonProcess } from './python-process.ts';

const comparedRows = 4;

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
  let spare: PythonProcess | undefined = first;
  const joinable = await answersRowByRow(first, signature);
  const pool = createModelPool({
    joinable,
    maximumProcesses,
    monotonic: () => performance.now(),
    memoryOf: residentBytes,
    start() {
      const kept = spare;
      spare = undefined;
      return kept === undefined || kept.ended() ? start() : Promise.resolve(kept);
    },
  });
  return {
    coldMs: performance.now() - began,
    engine: 'process',
    async run(batch, model, timeoutMs) {
      const outputs = await pool.ask(batch, model, performance.now() + timeoutMs);
      return new Map(outputs.map((tensor) => [tensor.name, tensor]));
    },
    async runAndKill(batch) {
      const victim = await start();
      const run = victim.run([...batch.feeds.values()]);
      victim.kill();
      await run;
      throw new Error('The model answered before its process was ended.');
    },
    waiting: () => pool.waiting(),
    memoryBytes: () => pool.memoryBytes(),
    async close() {
      pool.close();
      spare?.kill();
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

/** Of a process and everything below it: the one that was started only guards the one that has the model. */
function residentBytes(pid: number): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    const below = children.filter((child) => child !== '').map(Number);
    return Number(pages) * 4096 + below.reduce((sum, child) => sum + residentBytes(child), 0);
  } catch {
    return 0;
  }
}
