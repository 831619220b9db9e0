import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveCounts } from '@esteira/contracts';
import { addMoment } from './live-window.ts';

function moment(mark: string, at: number): LiveCounts {
  const processes = [{ source: 'one', boot: 'a', at, arms: [], steps: [] }];
  return { mark, revision: 1, processes, running: 0, waiting: 0 };
}

test('moments are kept as far back as figures of ten seconds need them', () => {
  let moments: readonly LiveCounts[] = [];
  for (let at = 0; at <= 30_000; at += 2_000) moments = addMoment(moments, moment(`m${at}`, at));
  assert.deepEqual([moments[0]?.mark, moments.at(-1)?.mark], ['m20000', 'm30000']);
});

test('when nothing is counted any more, one moment is left', () => {
  const moments = addMoment([moment('a', 0), moment('b', 2_000)], moment('b', 6_000));
  assert.deepEqual(
    moments.map(({ processes }) => processes[0]?.at),
    [6_000],
  );
});

test('the first moment after a long quiet counts from the last before', () => {
  const moments = addMoment([moment('a', 0)], moment('b', 60_000));
  assert.deepEqual(
    moments.map(({ mark }) => mark),
    ['a', 'b'],
  );
});
