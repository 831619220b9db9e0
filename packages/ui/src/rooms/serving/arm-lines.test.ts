import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armLines, slowestP95, totalRows } from './arm-lines.ts';

const entry = (arm: string, rows: number, p95Ms: number | null) => ({ arm, rows, p95Ms });
const minutes = [
  { minute: 120, arms: [entry('canary', 3, 7), entry('primary', 9, 5), entry('primary', 1, 8)] },
  { minute: 60, arms: [entry('primary', 10, null)] },
];

test('there is one line per arm in the order of a rollout, by rising time, versions summed up', () => {
  const lines = armLines(minutes, totalRows, (name) => name.toUpperCase());
  assert.deepEqual(lines, [
    {
      name: 'PRIMARY',
      points: [
        [60, 10],
        [120, 10],
      ],
    },
    {
      name: 'CANARY',
      points: [
        [60, 0],
        [120, 3],
      ],
    },
  ]);
});

test('latency is that of the slowest version, and a gap where nothing was measured', () => {
  const lines = armLines(minutes, slowestP95, (name) => name);
  assert.deepEqual(
    lines.map((line) => line.points),
    [
      [
        [60, null],
        [120, 8],
      ],
      [
        [60, null],
        [120, 7],
      ],
    ],
  );
});
