import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signature, trainGraph } from '../model-server.fixture.ts';
import { exampleTensors } from './example-tensors.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { createModelRunner } from './model-runner.ts';

const batch = batchOf(1);

function batchOf(rows: number): FeatureBatch {
  const values = Array.from(
    { length: rows },
    (_, row) =>
      new Map([
        ['distance', row % 10],
        ['hour', 1],
        ['wind', 1],
      ]),
  );
  return {
    rows,
    feeds: new Map(exampleTensors(signature, values).map((tensor) => [tensor.name, tensor])),
  };
}

describe('a model runner', () => {
  it('answers alike in our own code, in the runtime and in a process of its own', async () => {
    const graph = trainGraph(5);
    const own = await createModelRunner(graph, signature);
    const apart = await createModelRunner(graph, { ...signature, operators: ['ai.onnx.Loop'] });
    const many = batchOf(3_000);
    try {
      assert.equal(own.engine, 'compiled');
      assert.equal(apart.engine, 'process');
      for (const question of [batchOf(10), many]) {
        const here = (await own.run(question, 'm', 30_000)).get('probabilities');
        const there = (await apart.run(question, 'm', 30_000)).get('probabilities');
        assert.deepEqual(there?.shape, here?.shape);
        for (const [i, value] of (there?.data ?? []).entries())
          assert.ok(Math.abs(Number(value) - Number(here?.data[i])) <= 1e-6);
      }
      assert.ok(!(own.run(batch, 'm', 30_000) instanceof Promise));
      assert.ok(own.coldMs > 0);
    } finally {
      await own.close();
      await apart.close();
    }
  });

  it('answers again after its process was ended under a question', async () => {
    const runner = await createModelRunner(trainGraph(5), { ...signature, operators: ['ai.onnx.Loop'] });
    await assert.rejects(runner.runAndKill(batch));
    await assert.rejects(Promise.resolve(runner.run(batch, 'm', 0)), { code: 'MODEL_TIMED_OUT' });
    assert.equal((await runner.run(batchOf(10), 'm', 5_000)).get('label')?.data[9], 1n);
    await runner.close();
  });

  it('gives many small questions their own answers, joined or not', async () => {
    const runner = await createModelRunner(trainGraph(5), { ...signature, operators: ['ai.onnx.Loop'] });
    const alone = await runner.run(batchOf(10), 'm', 5_000);
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const rows = [i % 10];
        const feeds = new Map(
          exampleTensors(signature, [
            new Map([
              ['distance', rows[0] ?? 0],
              ['hour', 1],
              ['wind', 1],
            ]),
          ]).map((tensor) => [tensor.name, tensor]),
        );
        return await runner.run({ rows: 1, feeds }, 'm', 5_000);
      }),
    );
    for (const [i, answer] of answers.entries()) {
      assert.deepEqual(answer.get('label')?.shape, [1]);
      const expected = Number(alone.get('probabilities')?.data[2 * (i % 10) + 1]);
      assert.ok(Math.abs(Number(answer.get('probabilities')?.data[1]) - expected) <= 1e-6);
    }
    await runner.close();
  });

  it('refuses a graph that the runtime cannot load', async () => {
    await assert.rejects(createModelRunner(Buffer.from('no graph'), signature));
    await assert.rejects(
      createModelRunner(Buffer.from('no graph'), { ...signature, operators: ['ai.onnx.Loop'] }),
    );
  });
});
