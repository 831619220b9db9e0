import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinMetrics } from './fleet-metrics.ts';
import { writeMetrics } from './metrics-text.ts';

test('the texts of several processes become one, with one heading for each metric', () => {
  const text = (process: string, value: number) =>
    writeMetrics(
      [
        { name: 'a_total', help: 'A.', type: 'counter', samples: [{ value }] },
        { name: 'b', help: 'B.', type: 'gauge', samples: [{ labels: { x: '1' }, value }] },
      ],
      { process },
    );
  assert.equal(
    joinMetrics([text('0', 1), '', text('1', 2)]),
    '# HELP a_total A.\n# TYPE a_total counter\na_total{process="0"} 1\na_total{process="1"} 2\n' +
      '# HELP b B.\n# TYPE b gauge\nb{process="0",x="1"} 1\nb{process="1",x="1"} 2\n',
  );
});
