import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { windowStartOf, windowsInside } from './window-range.ts';

const day = 86_400_000;

test('every time lies in exactly one window, before 1970 too', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1e12, max: 1e12 }),
      fc.integer({ min: 1, max: 1e9 }),
      fc.integer({ min: 0, max: 1e9 }),
      (time, size, offset) => {
        const start = windowStartOf({ size, offset }, time);
        assert.ok(start <= time && time < start + size);
        assert.equal(windowStartOf({ size, offset }, start), start);
      },
    ),
  );
});

test('a range holds its whole windows only', () => {
  const grid = { size: day, offset: 0 };
  assert.deepEqual(
    windowsInside(grid, 1, 3 * day + 5).map(({ start }) => start / day),
    [1, 2],
  );
  assert.deepEqual(windowsInside(grid, 1, day), []);
});

test('an offset of four days makes weeks begin on a Monday', () => {
  const start = windowStartOf({ size: 7 * day, offset: 4 * day }, Date.UTC(2001, 3, 4));
  assert.equal(new Date(start).getUTCDay(), 1);
});
