import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeLabelType, labelTypeOf, readLabel } from './label-type.ts';

test('classes become 0 and 1 by their place, whatever they are called', () => {
  const numbers = labelTypeOf({ task: 'classification', classes: [0, 1] });
  assert.deepEqual(
    [0, 1, true, false].map((label) => readLabel(numbers, label)),
    [0, 1, 1, 0],
  );
  const texts = labelTypeOf({ task: 'classification', classes: ['late', 'on time'] });
  assert.deepEqual(
    ['late', 'on time'].map((label) => readLabel(texts, label)),
    [0, 1],
  );
});

test('a label of another type or class is refused rather than guessed', () => {
  const numbers = labelTypeOf({ task: 'classification', classes: [0, 1] });
  for (const wrong of ['1', '0', 'late', 2, Number.NaN]) assert.equal(readLabel(numbers, wrong), undefined);
  const texts = labelTypeOf({ task: 'classification', classes: ['0', '1'] });
  for (const wrong of [1, true, '2']) assert.equal(readLabel(texts, wrong), undefined);
  assert.equal(describeLabelType(numbers), 'one of the numbers 0, 1');
});

test('a model of numbers takes numbers, and more than two classes keep their own', () => {
  assert.equal(readLabel(labelTypeOf({ task: 'regression', classes: [] }), 12.5), 12.5);
  assert.equal(readLabel(labelTypeOf(undefined), '12.5'), undefined);
  assert.equal(readLabel(labelTypeOf({ task: 'classification', classes: [3, 5, 7] }), 7), 7);
});
