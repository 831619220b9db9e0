import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRunFilter, parseRunOrder } from './run-filter.ts';

describe('the filter of runs', () => {
  it('reads conditions joined by AND', () => {
    assert.deepEqual(
      parseRunFilter(`metrics.val.auc >= -1.5e3 AND params."my depth" != 'it''s' and status = 'failed'`),
      [
        { field: { kind: 'metric', name: 'val.auc' }, operator: '>=', value: -1500 },
        { field: { kind: 'param', name: 'my depth' }, operator: '!=', value: "it's" },
        { field: { kind: 'attribute', name: 'status' }, operator: '=', value: 'failed' },
      ],
    );
    assert.deepEqual(parseRunFilter(`tags.\`a.b\` ilike '%X%' and attributes.id in ('run_1', 'run_2')`), [
      { field: { kind: 'tag', name: 'a.b' }, operator: 'ilike', value: '%X%' },
      { field: { kind: 'attribute', name: 'id' }, operator: 'in', value: ['run_1', 'run_2'] },
    ]);
    assert.deepEqual(parseRunFilter(''), []);
  });

  it('says what it does not understand', () => {
    const wrong = [
      'metrics.auc >',
      "metrics.auc > 'x'",
      'params.a = 1',
      "colour = 'red'",
      "name = 'a' or name = 'b'",
      "name = 'a' and",
      "params.a < 'x'",
      'metrics.auc in (1)',
      "id in ('a'",
      'metrics. > 1',
      "name = 'open",
      "(name = 'a')",
      '; drop table runs',
    ];
    for (const text of wrong) assert.throws(() => parseRunFilter(text), { code: 'RUN_FILTER_INVALID' }, text);
  });

  it('reads an order', () => {
    assert.deepEqual(parseRunOrder('metrics.auc DESC'), {
      field: { kind: 'metric', name: 'auc' },
      direction: 'desc',
    });
    assert.deepEqual(parseRunOrder('started_at'), {
      field: { kind: 'attribute', name: 'startedAt' },
      direction: 'asc',
    });
    assert.throws(() => parseRunOrder('name up'), { code: 'RUN_FILTER_INVALID' });
    assert.throws(() => parseRunOrder('name desc, id'), { code: 'RUN_FILTER_INVALID' });
  });
});
