import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedWindows, wholeWindows } from './closed-windows.ts';
import type { WindowContent } from './count-windows.ts';

const grid = { size: 100, offset: 0 };

function content(start: number, newestAt: number, latestTime = start + 50): WindowContent {
  return { start, rows: 1, labelled: 0, newestAt, latestTime, mark: '' };
}

test('a window closes when a later row comes, however old it is', () => {
  const { closed, closesAt } = closedWindows(grid, [content(0, 9_999), content(100, 9_999)], 10_000, 60);
  assert.deepEqual(
    closed.map(({ start }) => start),
    [0],
  );
  assert.equal(closesAt, 10_059);
});

test('the last window closes when nothing has come for a while', () => {
  const { closed, closesAt } = closedWindows(grid, [content(0, 1_000)], 1_060, 60);
  assert.equal(closed.length, 1);
  assert.equal(closesAt, undefined);
  assert.equal(closedWindows(grid, [content(0, 1_000)], 1_059, 60).closed.length, 0);
});

test('a named range gives its empty windows too', () => {
  const windows = wholeWindows(grid, [content(100, 0)], { from: 0, to: 350 });
  assert.deepEqual(
    windows.map(({ start, content: found }) => [start, found !== undefined]),
    [
      [0, false],
      [100, true],
      [200, false],
    ],
  );
});
