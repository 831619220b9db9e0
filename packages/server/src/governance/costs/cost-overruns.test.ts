import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { costOverruns } from './cost-overruns.ts';

const noon = Date.UTC(2026, 2, 1, 12);
const hour = 3_600_000;

describe('spending ahead of consent', () => {
  it('is what passes the threshold of a day', () => {
    assert.deepEqual(costOverruns([{ at: noon, amount: 50 }], [], 50), []);
    assert.deepEqual(costOverruns([{ at: noon, amount: 51 }], [], 50), [
      { day: '2026-03-01', amount: 51, allowed: 50 },
    ]);
  });

  it('is not escaped by splitting one job in many', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 51, max: 500, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (amount, parts) => {
          const costs = Array.from({ length: parts }, (_, index) => ({
            at: noon + index,
            amount: amount / parts,
          }));
          assert.equal(costOverruns(costs, [], 50).length, 1);
        },
      ),
    );
  });

  it('is not healed by consent after the fact', () => {
    const costs = [{ at: noon, amount: 80 }];
    const late = [{ day: '2026-03-01', at: noon + hour, amount: 100 }];
    assert.equal(costOverruns(costs, late, 50).length, 1);
    const early = [{ day: '2026-03-01', at: noon - hour, amount: 100 }];
    assert.deepEqual(costOverruns(costs, early, 50), []);
  });

  it('begins anew every UTC day, and consent is for its day alone', () => {
    const midnight = Date.UTC(2026, 2, 2);
    const costs = [
      { at: midnight - 1, amount: 50 },
      { at: midnight, amount: 60 },
    ];
    const allowance = [{ day: '2026-03-01', at: noon, amount: 100 }];
    assert.deepEqual(
      costOverruns(costs, allowance, 50).map(({ day }) => day),
      ['2026-03-02'],
    );
  });
});
