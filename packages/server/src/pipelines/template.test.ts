import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import { findReferences, resolveReferences, type TemplateReference } from './template.ts';

const values: Record<string, JsonValue> = { seed: 42, on: true, list: [1, 2], model: { type: 'x' } };

function lookUp(reference: TemplateReference): JsonValue {
  return values[reference.kind === 'parameter' ? reference.name : reference.output] ?? null;
}

describe('a reference in a pipeline file', () => {
  it('keeps the type of its value when it is the whole text, and is written out inside a longer one', () => {
    const template = {
      seed: '${{ parameters.seed }}',
      deep: [{ model: '${{steps.train.outputs.model}}', on: '${{ parameters.on }}' }],
      text: 'seed-${{ parameters.seed }}-${{ parameters.on }}',
      plain: 'costs $5 {{ x }}',
    };
    assert.deepEqual(resolveReferences(template, lookUp), {
      seed: 42,
      deep: [{ model: { type: 'x' }, on: true }],
      text: 'seed-42-true',
      plain: 'costs $5 {{ x }}',
    });
    assert.throws(() => resolveReferences('a ${{ parameters.list }}', lookUp), /cannot stand inside/);
  });

  it('is found with its place, and so is one that cannot be read', () => {
    assert.deepEqual(findReferences({ a: ['${{ steps.s.outputs.o }}', '${{ steps.s.o }}', '${{ open'] }), [
      { path: ['a', 0], reference: { kind: 'output', step: 's', output: 'o' } },
      { path: ['a', 1], problem: '"steps.s.o" is neither parameters.NAME nor steps.NAME.outputs.NAME' },
      { path: ['a', 2], problem: '"${{ open" is not closed by }}' },
    ]);
  });
});
