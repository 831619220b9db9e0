import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GraphTensorValues } from '@esteira/model-server';
import fc from 'fast-check';
import { compareAnswers, tolerance } from './compare-answers.ts';

const numbers = (data: readonly number[], name = 'value'): GraphTensorValues => ({
  name,
  datatype: 'FP64',
  shape: [data.length, 1],
  data: Float64Array.from(data),
});
const classes = (data: readonly (number | bigint)[]): GraphTensorValues => ({
  name: 'label',
  datatype: 'INT64',
  shape: [data.length],
  data: BigInt64Array.from(data.map(BigInt)),
});

describe('the answers of a graph', () => {
  it('are those of the original within the tolerance of each, and beyond it they are not', () => {
    const value = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (all, part) => {
          const moved = all.map((one) => one + part * tolerance * Math.max(1, Math.abs(one)));
          const found = compareAnswers([numbers(all)], [numbers(moved)]);
          if (Math.abs(part) < 0.99) assert.ok('compared' in found);
          if (Math.abs(part) > 1.01) assert.ok('differs' in found);
        },
      ),
    );
  });

  it('name the worst of all differences, with its row', () => {
    const found = compareAnswers(
      [numbers([1, 2, 3]), numbers([0, 0, 100], 'other')],
      [numbers([1, 2.5, 3]), numbers([0, 0, 101], 'other')],
    );
    assert.deepEqual(found, {
      differs: { output: 'value', row: 1, original: '2', graph: '2.5', difference: 0.25 },
    });
  });

  it('are refused for a class that is another, a number that is none, rows or outputs that are not there', () => {
    for (const [original, graph] of [
      [classes([1, 0]), classes([1, 1])],
      [numbers([1]), numbers([Number.NaN])],
      [numbers([1, 2]), numbers([1])],
      [numbers([1]), numbers([1], 'elsewhere')],
    ] as const)
      assert.ok('differs' in compareAnswers([original], [graph]));
    const texts: GraphTensorValues = { name: 'label', datatype: 'BYTES', shape: [1], data: ['a'] };
    assert.ok('compared' in compareAnswers([texts], [texts]));
    assert.ok('compared' in compareAnswers([classes([1, 0])], [{ ...numbers([1, 0], 'label') }]));
  });
});
