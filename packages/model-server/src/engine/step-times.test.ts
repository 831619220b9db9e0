import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PinnedPipeline, signatureOfColumns } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import { createPipelineRunner } from './pipeline-runner.ts';

test('a pipeline tells for each endpoint what its steps took, those alone that the answer needs', async () => {
  const pipeline: PinnedPipeline = {
    kind: 'pipeline',
    task: 'regression',
    columns: { x: 'number' },
    steps: [
      { name: 'half', map: { value: { from: 'x', scale: 0.5, offset: 0 } } },
      {
        name: 'fixed',
        rule: { kind: 'feature', feature: 'v', whenMissing: 0, scale: 1, offset: 1 },
        inputs: { v: 'half.value' },
      },
      { name: 'mean', combine: 'average', of: { fixed: 1 } },
      { name: 'unused', rule: { kind: 'constant', score: 1 }, inputs: {} },
    ],
    answer: 'mean',
    pinned: {},
  };
  const signature = signatureOfColumns({ task: 'regression', columns: { x: 'number' } });
  const runner = createPipelineRunner(pipeline, signature, new Map());
  const x: Tensor = { name: 'x', datatype: 'FP64', shape: [2, 1], data: Float64Array.of(2, 4) };
  const batch = { rows: 2, feeds: new Map([['x', x]]) };
  for (let request = 0; request < 3; request++) await runner.run(batch, 'one', 60_000);
  const outputs = await runner.run(batch, 'other', 60_000);
  assert.deepEqual([...(outputs.get(signature.score.output)?.data ?? [])], [2, 3]);
  const told = runner.stepTimes?.('one') ?? [];
  assert.deepEqual(told.map(({ step, runs }) => [step, runs]).sort(), [
    ['fixed', 3],
    ['half', 3],
    ['mean', 3],
  ]);
  for (const { ms } of told) assert.ok(ms >= 0);
  assert.deepEqual(
    runner.stepTimes?.('other').map(({ runs }) => runs),
    [1, 1, 1],
  );
  assert.deepEqual(runner.stepTimes?.('never asked'), []);
});
