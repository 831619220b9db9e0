import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createIdGenerator } from './ids.ts';
import { systemRandom } from './random-source.ts';

describe('ids', () => {
  it('sort in the order they were made, even within a millisecond or when the clock is set back', () => {
    const times = fc.array(fc.integer({ min: 1, max: 2 ** 45 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(times, (readings) => {
        let reading = 0;
        const ids = createIdGenerator({
          clock: { now: () => readings[reading++ % readings.length] ?? 1 },
          random: systemRandom,
        });
        const made = Array.from({ length: 3 * readings.length }, () => ids.next('job'));
        assert.deepEqual(made, [...new Set(made)].sort());
        for (const id of made) assert.match(id, /^job_[0-9a-hjkmnp-tv-z]{26}$/);
      }),
    );
  });

  it('carry over when the chance part is at its end', () => {
    const ids = createIdGenerator({
      clock: { now: () => 1 },
      random: { bytes: (count) => new Uint8Array(count).fill(31).fill(0, 0, count - 2) },
    });
    assert.equal(ids.next('x'), 'x_000000000100000000000000zz');
    assert.equal(ids.next('x'), 'x_00000000010000000000000100');
  });
});
