import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelSignature, RequestPolicies } from '@esteira/contracts';
import type { Tensor } from '../protocol/tensor.ts';
import { toFeatureBatch } from './feature-batch.ts';

const signature: ModelSignature = {
  task: 'regression',
  inputs: [
    { name: 'X', datatype: 'FP32', shape: [-1, 2] },
    { name: 'city', datatype: 'BYTES', shape: [-1, 1] },
  ],
  outputs: [{ name: 'variable', datatype: 'FP32', shape: [-1, 1] }],
  features: [
    { name: 'age', type: 'number', input: 'X', index: 0, missing: false },
    { name: 'rooms', type: 'number', input: 'X', index: 1, missing: true },
    { name: 'city', type: 'text', input: 'city', index: 0, missing: true },
  ],
  label: null,
  score: { output: 'variable', column: 0 },
  classes: [],
  operators: [],
};

function rows(...given: readonly (readonly [number, number, string])[]): Tensor[] {
  const numbers: number[] = [];
  for (const [age, size] of given) numbers.push(age, size);
  return [
    { name: 'X', datatype: 'FP32', shape: [given.length, 2], data: Float32Array.from(numbers) },
    { name: 'city', datatype: 'BYTES', shape: [given.length, 1], data: given.map(([, , city]) => city) },
  ];
}

function apply(inputs: readonly Tensor[], policies: RequestPolicies) {
  const batch = toFeatureBatch(inputs, signature, new Set(), policies);
  return {
    X: [...(batch.feeds.get('X')?.data ?? [])],
    city: [...(batch.feeds.get('city')?.data ?? [])],
    handled: batch.handled && Object.fromEntries(batch.handled),
  };
}

describe('the policies of requests', () => {
  it('leave what fits as it was sent', () => {
    const given = rows([30, 2, 'Rio']);
    const { X, handled } = apply(given, { age: { policy: 'reject', minimum: 0, maximum: 120 } });
    assert.deepEqual(X, [30, 2]);
    assert.equal(handled, undefined);
  });

  it('refuse a value with the feature, the row and what is asked of it', () => {
    const given = rows([30, 2, 'Rio'], [150, 2, 'Rio']);
    assert.throws(() => apply(given, { age: { policy: 'reject', maximum: 120 } }), {
      code: 'INVALID_INFERENCE_REQUEST',
      message: /feature age is above 120 in row 1/,
    });
    assert.throws(() => apply(given, { rooms: { policy: 'reject', whole: true, minimum: 3 } }), /below 3/);
    assert.throws(() => apply(given, { city: { policy: 'reject', categories: ['Sao Paulo'] } }), /category/);
  });

  it('move a number to the nearest that fits, and tell of it by row', () => {
    const given = rows([150, 2.4, 'Rio'], [30, 2, 'Rio']);
    const policies: RequestPolicies = {
      age: { policy: 'clamp', minimum: 0, maximum: 120 },
      rooms: { policy: 'clamp', whole: true },
    };
    const { X, handled } = apply(given, policies);
    assert.deepEqual(X, [120, 2, 30, 2]);
    assert.deepEqual(handled, { 0: { age: 'clamp', rooms: 'clamp' } });
    assert.equal(given[0]?.data[0], 150, 'the request itself is not changed: a shadow is asked with it');
  });

  it('put a value in the place of others, of missing ones too, before the model needs them', () => {
    const given = rows([Number.NaN, 2, 'Atlantis'], [40, 2, 'Rio']);
    const policies: RequestPolicies = {
      age: { policy: 'impute', required: true, value: 38 },
      city: { policy: 'impute', categories: ['Rio', 'other'], value: 'other' },
    };
    const { X, city, handled } = apply(given, policies);
    assert.deepEqual(X, [38, 2, 40, 2]);
    assert.deepEqual(city, ['other', 'Rio']);
    assert.deepEqual(handled, { 0: { age: 'impute', city: 'impute' } });
  });

  it('do not make a missing value of a model that needs it into anything unasked', () => {
    const given = rows([Number.NaN, 2, 'Rio']);
    assert.throws(
      () => apply(given, { age: { policy: 'clamp', minimum: 0 } }),
      /age is NaN or null in row 0/,
    );
  });
});
