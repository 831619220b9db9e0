import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CallColumn, type ModelSignature, signatureOfColumns } from '@esteira/contracts';
import { questionForm } from './question-form.ts';

const signature = signatureOfColumns({
  task: 'classification',
  columns: { age: 'number', country: 'text' },
});
const examples = {
  features: ['age'],
  textFeatures: ['country'],
  rows: [[31], [44], [50]],
  textRows: [['PT'], ['BR'], ['PT']],
  expected: [0.1, 0.2, 0.3],
};
const none = { features: [], textFeatures: [], rows: [], textRows: [], expected: [] };

describe('the question form of an endpoint', () => {
  it('has a field for each feature, with the first stored example and the texts that the examples hold', () => {
    const [age, country] = questionForm(signature, examples);
    assert.deepEqual([age?.type, age?.example], ['number', 31]);
    assert.deepEqual([country?.type, country?.example, country?.seen], ['text', 'PT', ['BR', 'PT']]);
  });

  it('has the ranges and categories of the policies, and fits them where no example is stored', () => {
    const required: ModelSignature = {
      ...signature,
      features: signature.features.map((feature) => ({ ...feature, missing: false })),
    };
    const [age, country] = questionForm(required, none, {
      age: { policy: 'reject', minimum: 18, maximum: 99 },
      country: { policy: 'reject', categories: ['BR', 'PT'] },
    });
    assert.deepEqual([age?.minimum, age?.maximum, age?.example], [18, 99, 18]);
    assert.deepEqual([country?.categories, country?.example], [['BR', 'PT'], 'BR']);
  });

  it("speaks the model's own words: booleans, times and lists, with examples as a caller sends them", () => {
    const own = called(
      { name: 'loyal', type: 'boolean', required: true, input: 'X', index: 0 },
      { name: 'since', type: 'datetime', required: true, input: 'X', index: 1 },
      { name: 'spent', type: 'double', required: true, input: 'X', index: 2, width: 2 },
    );
    const stored = { ...none, features: ['a', 'b', 'c', 'd'], rows: [[1, 86_400e9, 2, 3]], expected: [0] };
    assert.deepEqual(
      questionForm(own, stored).map(({ name, type, example }) => [name, type, example]),
      [
        ['loyal', 'boolean', true],
        ['since', 'time', '1970-01-02T00:00:00.000Z'],
        ['spent', 'list', [2, 3]],
      ],
    );
  });

  function called(...columns: CallColumn[]): ModelSignature {
    return {
      ...signature,
      features: ['a', 'b', 'c', 'd'].map((name, index) => ({
        name,
        type: 'number',
        input: 'X',
        index,
        missing: false,
      })),
      call: { takes: { kind: 'columns', columns }, params: [], gives: { outputs: ['y'], bare: true } },
    };
  }
});
