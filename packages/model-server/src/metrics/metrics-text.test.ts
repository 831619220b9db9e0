import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeMetrics } from './metrics-text.ts';

test('names, help and values are written as the format asks, and nothing breaks out of a label', () => {
  const text = writeMetrics([
    {
      name: 'esteira_x_total',
      help: 'One\\two\nthree.',
      type: 'counter',
      samples: [{ labels: { endpoint: 'a"b\\c\nd' }, value: 3 }, { value: Number.POSITIVE_INFINITY }],
    },
    { name: 'esteira_y', help: 'Y.', type: 'gauge', samples: [{ value: Number.NaN }] },
  ]);
  assert.equal(
    text,
    '# HELP esteira_x_total One\\\\two\\nthree.\n# TYPE esteira_x_total counter\n' +
      'esteira_x_total{endpoint="a\\"b\\\\c\\nd"} 3\nesteira_x_total +Inf\n' +
      '# HELP esteira_y Y.\n# TYPE esteira_y gauge\nesteira_y NaN\n',
  );
});
