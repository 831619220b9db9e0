import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Tensor } from '../protocol/tensor.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { createModelPool } from './model-pool.ts';
import type { ModelProcess } from './model-process.ts';

/** Processes whose start and answers are let go by hand. */
function openPool(maximumProcesses = 4) {
  const starts: ((error?: Error) => void)[] = [];
  const answers: (() => void)[] = [];
  const killed: number[] = [];
  function makeProcess(pid: number): ModelProcess {
    let ended = false;
    return {
      pid,
      run: (feeds) => new Promise((resolve) => answers.push(() => resolve({ outputs: [...feeds], ms: 1 }))),
      ended: () => ended,
      kill() {
        ended = true;
        killed.push(pid);
      },
    };
  }
  const pool = createModelPool({
    joinable: false,
    maximumProcesses,
    monotonic: () => performance.now(),
    memoryOf: () => 0,
    start: () =>
      new Promise((resolve, reject) => {
        const pid = starts.length;
        starts.push((error) => (error === undefined ? resolve(makeProcess(pid)) : reject(error)));
      }),
  });
  const ask = (value: number, withinMs = 60_000) =>
    pool.ask(batchOf(value), 'm', performance.now() + withinMs);
  return { pool, ask, starts, answers, killed };
}

function batchOf(value: number): FeatureBatch {
  const tensor: Tensor = { name: 'x', datatype: 'FP64', shape: [1], data: Float64Array.of(value) };
  return { rows: 1, feeds: new Map([['x', tensor]]) };
}

/** Lets what was promised happen. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('the processes of a model', () => {
  it('are started one at a time, and what waits is answered by those that run before another is ready', async () => {
    const { pool, ask, starts, answers } = openPool();
    const asked = [ask(1), ask(2), ask(3)];
    assert.equal(starts.length, 1);
    starts[0]?.();
    await settle();
    assert.deepEqual([starts.length, answers.length], [2, 1]);
    for (const place of [0, 1, 2]) {
      answers[place]?.();
      const [outputs] = (await asked[place]) ?? [];
      assert.deepEqual(outputs?.data, Float64Array.of(place + 1));
      await settle();
    }
    assert.equal(pool.processes(), 1);
    pool.close();
  });

  it('that do not come in time leave a question refused, and the next one answered', async () => {
    const { pool, ask, starts, answers } = openPool();
    await assert.rejects(ask(1, 5), { code: 'MODEL_TIMED_OUT' });
    starts[0]?.();
    const next = ask(2);
    await settle();
    answers[0]?.();
    assert.equal((await next).length, 1);
    pool.close();
  });

  it('that cannot be started say why to those who have nobody else to wait for', async () => {
    const { pool, ask, starts } = openPool();
    const asked = [ask(1), ask(2)];
    starts[0]?.(new Error('no memory'));
    for (const question of asked) await assert.rejects(question, /no memory/);
    pool.close();
  });

  it('that come after the end are ended', async () => {
    const { pool, ask, starts, killed } = openPool();
    const asked = assert.rejects(ask(1), /served no more/);
    pool.close();
    starts[0]?.();
    await asked;
    await settle();
    assert.deepEqual(killed, [0]);
  });
});
