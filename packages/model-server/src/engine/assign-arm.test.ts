import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { armAt, assignmentPoint } from './assign-arm.ts';

describe('the assignment of keys to arms', () => {
  it('gives each arm its share of the keys', () => {
    const arms = [{ weight: 0.9 }, { weight: 0.1 }];
    let second = 0;
    for (let key = 0; key < 20_000; key++)
      if (armAt(arms, assignmentPoint('salt', `key-${key}`)) === arms[1]) second += 1;
    // Five standard deviations around 2,000.
    assert.ok(Math.abs(second - 2_000) < 5 * Math.sqrt(20_000 * 0.1 * 0.9), String(second));
  });

  it('keeps every key of a canary whose share grows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (key, a, b) => {
          const [small, large] = a < b ? [a, b] : [b, a];
          const point = assignmentPoint('salt', key);
          const at = (share: number) =>
            armAt(
              [
                { weight: 1 - share, role: 'primary' },
                { weight: share, role: 'canary' },
              ],
              point,
            )?.role;
          assert.ok(at(small) !== 'canary' || at(large) === 'canary');
        },
      ),
    );
  });

  it('gives all keys to the one arm that is left', () => {
    fc.assert(
      fc.property(fc.string(), (key) => armAt([{ weight: 1 }], assignmentPoint('', key)) !== undefined),
    );
  });
});
