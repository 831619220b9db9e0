import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import { fillParameters } from './retraining-template.ts';

const live = { type: 'trained-model' as const, id: 'tm_1', digest: `sha256:${'0'.repeat(64)}` };
const values = {
  windowStart: Date.UTC(2001, 8, 11),
  windowEnd: Date.UTC(2001, 8, 18),
  now: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  liveTrainedModel: live,
};

// Written without template literals, because that is how they stand in a policy.
const expression = (text: string): string => ['$', '{{ ', text, ' }}'].join('');

function fill(value: JsonValue) {
  const filled = fillParameters({ value }, values);
  return 'parameters' in filled ? filled.parameters.value : filled.problem;
}

test('dates are counted from the drifted window', () => {
  assert.equal(fill(expression('window.end')), '2001-09-18');
  assert.equal(fill(expression('window.end - P30D')), '2001-08-19');
  assert.equal(fill(expression('window.start+P1W-P1D')), '2001-09-17');
  assert.equal(
    fill(`from ${expression('window.start')} to ${expression('window.end')}`),
    'from 2001-09-11 to 2001-09-18',
  );
});

test('what is not midnight is written with its time', () => {
  assert.equal(fill(expression('window.end - PT6H')), '2001-09-17T18:00:00.000Z');
  assert.equal(fill(expression('now')), '2026-01-02T03:04:05.006Z');
});

test('a leap day is a day', () => {
  const filled = fillParameters(
    { day: expression('window.end - P1D') },
    { ...values, windowEnd: Date.UTC(2004, 2, 1) },
  );
  assert.deepEqual(filled, { parameters: { day: '2004-02-29' } });
});

test('the live model stands as a reference, or null before the first', () => {
  assert.deepEqual(fill(expression('live.trainedModel')), live);
  const filled = fillParameters(
    { current: expression('live.trainedModel') },
    { ...values, liveTrainedModel: null },
  );
  assert.deepEqual(filled, { parameters: { current: null } });
});

test('values that are no texts, and texts inside lists and objects, are treated as they should be', () => {
  assert.deepEqual(fill({ rows: 200_000, days: [expression('window.end'), 'plain', null, true] }), {
    rows: 200_000,
    days: ['2001-09-18', 'plain', null, true],
  });
});

test('what cannot be filled says why', () => {
  assert.match(String(fill(expression('window.end - P1M'))), /duration/);
  assert.match(String(fill(expression('window.end * 2'))), /duration/);
  assert.match(String(fill(expression('process.env'))), /unknown/);
  assert.match(String(fill('$' + '{{ now')), /not closed/);
  const filled = fillParameters({ from: expression('window.end') }, { ...values, windowEnd: null });
  assert.deepEqual(filled, { parameter: 'from', problem: 'there is no window, so window.end has no value' });
});
