import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createShippingPause } from './shipping-pause.ts';

describe('the pause between shipments', () => {
  it('grows with the traffic, from the shortest to six times as long', () => {
    fc.assert(
      fc.property(
        fc.nat(10_000_000),
        fc.nat(10_000_000),
        fc.integer({ min: 1, max: 5_000 }),
        (some, more, ms) => {
          const [less, greater] = [some, some + more].map((bytes) => pauseAfter(bytes, ms, 0)) as [
            number,
            number,
          ];
          assert.ok(500 <= less && less <= greater && greater <= 3_000);
        },
      ),
    );
  });

  it('is short for a few lines and long for thousands', () => {
    assert.equal(pauseAfter(5_000, 500, 0), 500);
    assert.equal(pauseAfter(400_000, 500, 0), 3_000);
  });

  it('is short again when nothing has come for a while', () => {
    assert.equal(pauseAfter(400_000, 500, 60_000), 500);
  });
});

/** After a shipment of so many bytes that came in `ms`, and nothing for `idleMs`. */
function pauseAfter(bytes: number, ms: number, idleMs: number): number {
  let now = 0;
  const pause = createShippingPause({ pauseMs: 500, monotonic: () => now });
  now += ms;
  pause.shipped(bytes);
  now += idleMs;
  return pause.next();
}
