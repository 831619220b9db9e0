import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { QuestionColumn } from '@esteira/contracts';
import { exampleTexts, missingColumns, namedColumns, questionRow } from './question-row.ts';

const columns: readonly QuestionColumn[] = [
  { name: 'age', type: 'number', required: true, example: 31.5 },
  { name: 'loyal', type: 'boolean', required: true, example: false },
  { name: 'since', type: 'time', required: true, example: '2026-11-01T08:00:00.000Z' },
  { name: 'spent', type: 'list', width: 2, required: true, example: [2, 3] },
  { name: 'country', type: 'text', required: false, example: null },
];

describe('the fields of a question', () => {
  it('say the examples back as they were', () => {
    const texts = exampleTexts(columns);
    assert.deepEqual(texts, {
      age: '31.5',
      loyal: 'false',
      since: '2026-11-01T08:00:00',
      spent: '[2,3]',
      country: '',
    });
    assert.deepEqual(questionRow(columns, texts), {
      age: 31.5,
      loyal: false,
      since: '2026-11-01T08:00:00Z',
      spent: [2, 3],
      country: null,
    });
  });

  it('leave what does not fit to the model server', () => {
    const row = questionRow(columns, { age: 'old', spent: '[2,' });
    assert.deepEqual([row.age, row.spent, row.loyal], ['old', '[2,', null]);
  });

  it('that are needed and empty are missing', () => {
    const texts = { ...exampleTexts(columns), age: '', country: '' };
    assert.deepEqual(missingColumns(columns, texts), ['age']);
  });

  it('are found in a refusal that names them, and not within other words', () => {
    assert.deepEqual(namedColumns(columns, 'the column spent of row 0 is no list'), ['spent']);
    assert.deepEqual(namedColumns(columns, 'the wage in the_age of "age".'), ['age']);
    assert.deepEqual(namedColumns(columns, 'the pages since_then'), []);
    assert.deepEqual(namedColumns([{ name: '', type: 'number', required: true, example: 1 }], 'no.'), []);
  });
});
