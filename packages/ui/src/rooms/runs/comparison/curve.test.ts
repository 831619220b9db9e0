import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curveOf } from './curve.ts';

const points = [
  { step: 0, at: 5_000, value: 4 },
  { step: 1, at: 7_500, value: 'NaN' as const },
  { step: 2, at: 9_000, value: -2 },
];
const plain = { axis: 'step', smoothing: 0, logarithmic: false } as const;

test('a curve lies over steps, moments or seconds', () => {
  assert.deepEqual(curveOf(points, plain), [
    [0, 4],
    [1, null],
    [2, -2],
  ]);
  const over = (axis: 'time' | 'relative') => curveOf(points, { ...plain, axis }).map(([x]) => x);
  assert.deepEqual(over('time'), [5_000, 7_500, 9_000]);
  assert.deepEqual(over('relative'), [0, 2.5, 4]);
});

test('what a logarithm does not have leaves a gap', () => {
  assert.deepEqual(
    curveOf(points, { ...plain, logarithmic: true }).map(([, y]) => y),
    [4, null, null],
  );
});

test('smoothing begins at the first value, keeps a level, and lets gaps be', () => {
  const smooth = (values: readonly (number | 'NaN')[], smoothing: number) =>
    curveOf(
      values.map((value, step) => ({ step, at: step, value })),
      { ...plain, smoothing },
    ).map(([, y]) => y);
  const level = smooth([3, 3, 3, 3], 0.9);
  for (const value of level) assert.ok(Math.abs((value ?? 0) - 3) < 1e-12);
  // By hand: (0.5 × 0.5 × 1 + 0.5 × 2) / 0.75.
  const [first, gap, last] = smooth([1, 'NaN', 2], 0.5);
  assert.deepEqual([first, gap], [1, null]);
  assert.ok(Math.abs((last ?? 0) - 5 / 3) < 1e-12);
});

test('nothing has no curve', () => {
  assert.deepEqual(curveOf([], plain), []);
});
