import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataPlaneStatus } from '@esteira/contracts';
import { makeStatus } from './data-plane-status.fixture.ts';
import { stepTotals } from './step-totals.ts';

type Steps = NonNullable<DataPlaneStatus['endpoints'][number]['steps']>;

function server(source: string, steps: Steps | undefined): DataPlaneStatus {
  return makeStatus(source, {
    endpoints: [
      {
        name: 'churn',
        revision: 1,
        wantedRevision: 1,
        problem: null,
        answered: 0,
        shadowDropped: 0,
        standbyReady: [],
        callers: [],
        arms: [],
        ...(steps === undefined ? {} : { steps }),
      },
    ],
  });
}

const step = { modelVersionId: 'mv_1', step: 'scale' };

test('steps count together over the processes, by version; a process of an earlier version tells none', () => {
  const servers = [
    server('one', [
      { ...step, runs: 2, ms: 3 },
      { ...step, modelVersionId: 'mv_2', runs: 1, ms: 1 },
    ]),
    server('two', [{ ...step, runs: 4, ms: 5 }]),
    server('old', undefined),
  ];
  assert.deepEqual(stepTotals(servers, 'churn'), [
    { ...step, runs: 6, ms: 8 },
    { ...step, modelVersionId: 'mv_2', runs: 1, ms: 1 },
  ]);
  assert.deepEqual(stepTotals(servers, 'other'), []);
});
