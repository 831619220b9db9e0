import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelSignature } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import { toFeatureBatch } from './feature-batch.ts';

const signature: ModelSignature = {
  task: 'regression',
  inputs: [
    { name: 'distance', datatype: 'FP32', shape: [-1, 1] },
    { name: 'stops', datatype: 'INT32', shape: [-1] },
    { name: 'carrier', datatype: 'BYTES', shape: [-1, 1] },
  ],
  outputs: [{ name: 'minutes', datatype: 'FP32', shape: [-1, 1] }],
  features: [
    { name: 'distance', type: 'number', input: 'distance', index: 0, missing: false },
    { name: 'stops', type: 'number', input: 'stops', index: 0, missing: false },
    { name: 'carrier', type: 'text', input: 'carrier', index: 0, missing: true },
  ],
  label: null,
  score: { output: 'minutes', column: 0 },
  classes: [],
  operators: [],
};

function fit(stops: number) {
  const doubles = (name: string, value: number): Tensor => ({
    name,
    datatype: 'FP64',
    shape: [1],
    data: Float64Array.of(value),
  });
  const carrier: Tensor = { name: 'carrier', datatype: 'BYTES', shape: [1], data: ['AA'] };
  return toFeatureBatch([doubles('distance', 0.5), doubles('stops', stops), carrier], signature, new Set());
}

describe('columns under the names of the inputs that they fill', () => {
  it('are converted to the types of the graph', () => {
    assert.deepEqual(
      [...fit(2).feeds.values()].map(({ name, datatype, shape, data }) => [name, datatype, shape, [...data]]),
      [
        ['carrier', 'BYTES', [1, 1], ['AA']],
        ['distance', 'FP32', [1, 1], [0.5]],
        ['stops', 'INT32', [1], [2]],
      ],
    );
  });

  it('are refused where a number does not fit the type', () => {
    for (const stops of [0.5, 2 ** 31, Number.NaN])
      assert.throws(() => fit(stops), /stops has .* in row 0; the model takes whole numbers of INT32/);
  });
});
