import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { signature, trainGraph } from '../model-server.fixture.ts';
import { exampleTensors } from './example-tensors.ts';
import type { FeatureBatch } from './feature-batch.ts';
import { createModelRunner } from './model-runner.ts';

const batch: FeatureBatch = {
  rows: 1,
  feeds: new Map(
    exampleTensors(signature, [
      new Map([
        ['distance', 9],
        ['hour', 1],
        ['wind', 1],
      ]),
    ]).map((tensor) => [tensor.name, tensor]),
  ),
};

describe('a model runner', () => {
  it('answers alike on the calling thread and in a thread of its own', async () => {
    const graph = trainGraph(5);
    const inline = await createModelRunner(graph, signature);
    const threaded = await createModelRunner(graph, { ...signature, operators: ['ai.onnx.Loop'] });
    assert.deepEqual(
      (await threaded.run(batch)).get('probabilities')?.data,
      (await inline.run(batch)).get('probabilities')?.data,
    );
    assert.ok(inline.coldMs > 0);
    await inline.close();
    await threaded.close();
  });

  it('answers again after its thread was ended under a question', async () => {
    const runner = await createModelRunner(trainGraph(5), { ...signature, operators: ['ai.onnx.Loop'] });
    await assert.rejects(runner.runAndKill(batch));
    const cut = runner.run(batch);
    runner.recycle();
    await assert.rejects(cut, /has ended/);
    assert.equal((await runner.run(batch)).get('label')?.data[0], 1n);
    await runner.close();
  });

  it('refuses a graph that the runtime cannot load', async () => {
    await assert.rejects(createModelRunner(Buffer.from('no graph'), signature));
    await assert.rejects(
      createModelRunner(Buffer.from('no graph'), { ...signature, operators: ['ai.onnx.Loop'] }),
    );
  });
});
