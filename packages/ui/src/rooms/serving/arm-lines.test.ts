import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armLines } from './arm-lines.ts';

const minutes = [
  {
    minute: 120,
    arms: [
      { arm: 'canary', rows: 3 },
      { arm: 'primary', rows: 9 },
    ],
  },
  { minute: 60, arms: [{ arm: 'primary', rows: 10 }] },
];

test('there is one line per arm in the order of a rollout, by rising time', () => {
  const lines = armLines(
    minutes,
    (arm) => arm.rows,
    (name) => name.toUpperCase(),
    0,
  );
  assert.deepEqual(lines, [
    {
      name: 'PRIMARY',
      points: [
        [60, 10],
        [120, 9],
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

test('a minute without an answer is a gap where a gap is asked for', () => {
  const [, canary] = armLines(
    minutes,
    (arm) => arm.rows,
    (name) => name,
    null,
  );
  assert.deepEqual(canary?.points[0], [60, null]);
});
