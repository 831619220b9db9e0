import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createMetricThinning, type SeriesPoint } from './metric-thinning.ts';

const values = fc.array(fc.double({ noDefaultInfinity: false, noNaN: false }), {
  minLength: 1,
  maxLength: 400,
});

function thin(
  series: readonly number[],
  limit: number,
): { points: readonly SeriesPoint[]; all: readonly SeriesPoint[] } {
  const all = series.map((value, step) => ({ step, at: 0, value }));
  const thinning = createMetricThinning(all.length, limit);
  for (const point of all) thinning.add(point);
  return { points: thinning.finish(), all };
}

describe('a thinned history', () => {
  it('keeps the lowest, the highest, the first and the last point, in order and within the limit', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 10, max: 60 }), (series, limit) => {
        const { points, all } = thin(series, limit);
        const numbers = series.filter((value) => !Number.isNaN(value));
        const kept = points.map((point) => point.value);
        assert.ok(points.length <= limit);
        assert.equal(points[0], all[0]);
        assert.equal(points.at(-1), all.at(-1));
        if (numbers.length > 0) {
          assert.ok(kept.some((value) => value === Math.min(...numbers)));
          assert.ok(kept.some((value) => value === Math.max(...numbers)));
        }
        if (numbers.length < series.length) assert.ok(kept.some((value) => Number.isNaN(value)));
        for (let index = 1; index < points.length; index++) {
          assert.ok((points[index]?.step ?? 0) > (points[index - 1]?.step ?? 0));
        }
      }),
    );
  });

  it('is the whole history when that is short enough', () => {
    const { points, all } = thin([3, 1, 2], 10);
    assert.deepEqual(points, all);
  });
});
