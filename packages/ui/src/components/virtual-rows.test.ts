import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawnRows } from './virtual-rows.ts';

test('whatever is in the window is drawn, and little more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 0, max: 30_000 }),
      (scrolled, height, count) => {
        const rowHeight = 34;
        const { from, until } = drawnRows({ scrolled, height, rowHeight, count });
        assert.ok(from >= 0 && until <= count);
        assert.ok(until - from <= height / rowHeight + 40);
        for (const pixel of [scrolled, scrolled + height]) {
          const row = Math.floor(pixel / rowHeight);
          if (row < count) assert.ok(from <= row && row < Math.max(until, from + 1), `row ${row}`);
        }
      },
    ),
  );
});
