import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelSeries } from './chart-option.ts';
import { lightPalette } from './chart-palette.ts';

const level = { value: 20, label: 'SLA' };

test('a level is drawn across the whole axis, so that the axis reaches it', () => {
  const [series] = levelSeries({ level, palette: lightPalette, greatest: 9, points: [0, 60] });
  assert.deepEqual(series?.data, [
    [0, 20],
    [60, 20],
  ]);
});

test('a level far above everything drawn is left out', () => {
  assert.deepEqual(levelSeries({ level, palette: lightPalette, greatest: 2, points: [0, 60] }), []);
});

test('without a level or without points nothing is drawn', () => {
  assert.deepEqual(levelSeries({ level: undefined, palette: lightPalette, greatest: 9, points: [0] }), []);
  assert.deepEqual(levelSeries({ level, palette: lightPalette, greatest: 9, points: [] }), []);
});
