import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Comparison, comparedColumns } from './compared.ts';

const comparison: Comparison = {
  runs: [],
  artifacts: [],
  artifactsComplete: true,
  params: [
    { name: 'depth', values: ['3', '6'], differs: true },
    { name: 'trainer', values: ['forest', '5'], differs: true },
    { name: 'seed', values: ['7', '7'], differs: false },
    { name: 'note', values: ['', null], differs: true },
  ],
  metrics: [
    { name: 'loss', values: [0.5, 'NaN'], differs: true },
    { name: 'gone', values: ['NaN', 'Infinity'], differs: true },
  ],
};

test('runs are set against each other by what differs, numbers as numbers', () => {
  assert.deepEqual(
    comparedColumns(comparison).map(({ key, values, isNumeric }) => [key, values, isNumeric]),
    [
      ['params.depth', [3, 6], true],
      ['params.trainer', ['forest', '5'], false],
      ['params.note', ['', null], false],
      ['metrics.loss', [0.5, null], true],
    ],
  );
});
