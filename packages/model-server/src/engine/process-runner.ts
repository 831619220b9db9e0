import { readFileSync } from 'node:fs';
import type { Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { createModelPool, type ModelPool } from './model-pool.ts';
import type { ModelProcess } from './model-process.ts';

/** A model that answers in processes of its own. The pool of them is opened by the first question. */
export interface ProcessRunner {
  /** Runs and ends the process of the run meanwhile: how a drill kills a model. Always rejects. */
  runAndKill(batch: FeatureBatch): Promise<never>;
  /** Questions that wait for a process of the model, those it is at included. */
  waiting(): number;
  /** Resident bytes of the model's processes; what it holds in this one cannot be told apart. */
  memoryBytes(): number;
  run(batch: FeatureBatch, model: string, timeoutMs: number): Promise<ReadonlyMap<string, Tensor>>;
  close(): void;
}

export function createProcessRunner(options: {
  readonly start: () => Promise<ModelProcess>;
  /** One that is proven and warm already. */
  readonly spare: ModelProcess | undefined;
  readonly joinable: boolean;
  readonly maximumProcesses: number;
}): ProcessRunner {
  const { start, joinable, maximumProcesses } = options;
  let { spare } = options;
  let pool: ModelPool | undefined;

  function openPool(): ModelPool {
    pool ??= createModelPool({
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
    return pool;
  }

  return {
    async run(batch, model, timeoutMs) {
      const outputs = await openPool().ask(batch, model, performance.now() + timeoutMs);
      return new Map(outputs.map((tensor) => [tensor.name, tensor]));
    },
    async runAndKill(batch) {
      const victim = await start();
      const run = victim.run([...batch.feeds.values()]);
      victim.kill();
      await run;
      throw new Error('The model answered before its process was ended.');
    },
    waiting: () => pool?.waiting() ?? 0,
    memoryBytes: () => pool?.memoryBytes() ?? 0,
    close() {
      pool?.close();
      spare?.kill();
    },
  };
}

/** Of a process and everything below it: the one that was started may only guard the one that has the model. */
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
