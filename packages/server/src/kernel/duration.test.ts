import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.ts';

test('weeks, days, hours, minutes and seconds add up', () => {
  assert.equal(parseDuration('P14D'), 14 * 86_400_000);
  assert.equal(parseDuration('PT3H'), 3 * 3_600_000);
  assert.equal(
    parseDuration('P1W2DT3H4M5.5S'),
    604_800_000 + 2 * 86_400_000 + 3 * 3_600_000 + 4 * 60_000 + 5500,
  );
});

test('months, years, nothing and nonsense are no durations', () => {
  for (const text of ['P1M', 'P1Y', 'P', 'PT', 'P0D', '3h', '', 'PT3'])
    assert.equal(parseDuration(text), undefined, text);
});
