import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lightPalette } from './chart-palette.ts';
import { parallelOption } from './parallel-option.ts';

const option = parallelOption({
  axes: [
    { name: 'depth', values: [3, 6, null] },
    { name: 'trainer', values: ['forest', 'boosting', 'forest'] },
  ],
  names: ['a', '<b>', 'c'],
  palette: lightPalette,
  formatValue: String,
}) as {
  parallelAxis: { type: string; data?: string[] }[];
  series: { data: unknown[][] }[];
  tooltip: { formatter(point: { seriesName: string }): string };
};

test('numbers stand on a scale, names on one of their own', () => {
  assert.deepEqual(
    option.parallelAxis.map(({ type, data }) => [type, data]),
    [
      ['value', undefined],
      ['category', ['forest', 'boosting']],
    ],
  );
});

test('a run leaves out the axis on which it has no value', () => {
  assert.deepEqual(
    option.series.map(({ data }) => data[0]),
    [
      [3, 'forest'],
      [6, 'boosting'],
      ['-', 'forest'],
    ],
  );
});

test('a name is text and never markup', () => {
  assert.equal(option.tooltip.formatter({ seriesName: '<b>' }), '&#60;b&#62;');
});
