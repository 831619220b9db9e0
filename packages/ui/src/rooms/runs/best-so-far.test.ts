import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bestSoFar } from './best-so-far.ts';

test('the best never gets worse, in either direction, and failed trials do not count', () => {
  const points = [
    [0, null],
    [1, 0.4],
    [2, 0.3],
    [3, null],
    [4, 0.5],
  ] as const;
  assert.deepEqual(
    bestSoFar(points, 'maximize').map(([, best]) => best),
    [null, 0.4, 0.4, 0.4, 0.5],
  );
  assert.deepEqual(
    bestSoFar(points, 'minimize').map(([, best]) => best),
    [null, 0.4, 0.3, 0.3, 0.3],
  );
});
