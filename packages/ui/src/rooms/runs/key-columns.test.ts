import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyColumns } from './key-columns.ts';

const limits = { metrics: 2, params: 2 };

test('the metrics that most runs have come first', () => {
  const runs = [
    { params: {}, metrics: { auc: 1, rare: 1 } },
    { params: {}, metrics: { auc: 1, loss: 1 } },
    { params: {}, metrics: { loss: 1, auc: 1 } },
  ];
  assert.deepEqual(keyColumns(runs, limits).metrics, ['auc', 'loss']);
});

test('measures of quality come before what a pipeline measures of itself, however few runs have them', () => {
  const runs = [
    { params: {}, metrics: { 'step.seconds': 1, rows: 3 } },
    { params: {}, metrics: { 'step.seconds': 1, pr_auc: 0.5, lift: 2 } },
  ];
  assert.deepEqual(keyColumns(runs, { metrics: 4, params: 0 }).metrics, [
    'pr_auc',
    'lift',
    'step.seconds',
    'rows',
  ]);
});

test('parameters in which the runs do not differ are not shown', () => {
  const runs = [
    { params: { seed: '42', depth: '3' }, metrics: {} },
    { params: { seed: '42', depth: '5' }, metrics: {} },
  ];
  assert.deepEqual(keyColumns(runs, limits).params, ['depth']);
});

test('a single run shows its parameters', () => {
  assert.deepEqual(keyColumns([{ params: { seed: '42' }, metrics: {} }], limits).params, ['seed']);
});
