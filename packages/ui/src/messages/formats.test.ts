import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFormats } from './formats.ts';

const en = createFormats('en');
const pt = createFormats('pt-BR');

test('numbers keep the digits that say something', () => {
  assert.deepEqual([0, 0.81234, 12.3456, 1234.5, 0.00001234, -3, Number.NaN].map(en.number), [
    '0',
    '0.8123',
    '12.35',
    '1,235',
    '1.23E-5',
    '-3',
    'NaN',
  ]);
  assert.equal(pt.number(1234.5), '1.235');
});

test('metrics below ten have four digits after the point, so that columns line up', () => {
  assert.deepEqual([0.44, 0.4682, -0.001, 0, 60_000].map(en.metric), [
    '0.4400',
    '0.4682',
    '-0.0010',
    '0.0000',
    '60,000',
  ]);
});

test('durations take the two largest units that matter', () => {
  assert.deepEqual(
    [0, 0.0312, 8.24, 999, 4_060, 60_000, 200_000, 3_600_000, 7_500_000, 90_000_000].map(en.duration),
    ['0 ms', '0.03 ms', '8.2 ms', '999 ms', '4.1 s', '1 min', '3 min 20 s', '1 h', '2 h 5 min', '1 d 1 h'],
  );
});

test('a duration is never shown with sixty of a smaller unit', () => {
  assert.equal(en.duration(3_599_999), '1 h');
  assert.equal(en.duration(86_399_999), '1 d');
});

test('a stretch of ISO 8601 is told in words, and what is none as it is', () => {
  assert.deepEqual(['P7D', 'P1D', 'PT1M', 'PT1H30M', 'PT0S', 'weekly'].map(en.period), [
    '7 days',
    '1 day',
    '1 minute',
    '1 hour 30 minutes',
    'PT0S',
    'weekly',
  ]);
});

test('sizes are in powers of 1024', () => {
  assert.deepEqual([0, 1023, 1024, 1_572_864, 5 * 1024 ** 3].map(en.bytes), [
    '0 B',
    '1,023 B',
    '1 KiB',
    '1.5 MiB',
    '5 GiB',
  ]);
});

test('small amounts of money do not vanish', () => {
  assert.deepEqual(
    [0, 0.0034, 4.5, 156_788.4].map((value) => en.money(value, 'USD')),
    ['$0.00', '$0.0034', '$4.50', '$156,788'],
  );
});

test('a moment is told from now in the largest fitting unit', () => {
  const now = Date.UTC(2001, 3, 10);
  assert.deepEqual(
    [5_000, 120_000, 3 * 3_600_000, 86_400_000].map((age) => en.relative(now - age, now)),
    ['5 seconds ago', '2 minutes ago', '3 hours ago', 'yesterday'],
  );
  assert.equal(pt.relative(now - 120_000, now), 'há 2 minutos');
});

test('a window of whole days in UTC is told by its days, others by their moments', () => {
  assert.match(en.window(Date.UTC(2001, 4, 7), Date.UTC(2001, 4, 14)), /^May 7\s–\s13, 2001$/);
  assert.equal(en.window(Date.UTC(2001, 4, 7), Date.UTC(2001, 4, 8)), 'May 7, 2001');
  assert.match(en.window(Date.UTC(2001, 4, 7, 6), Date.UTC(2001, 4, 7, 12)), /6:00.*12:00.*UTC$/);
});
