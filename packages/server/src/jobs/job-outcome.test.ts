import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { retryDelay } from './job-outcome.ts';

describe('the pause before the next attempt', () => {
  it('doubles from a second to five minutes, less up to a half by chance', () => {
    const chance = fc.uint8Array({ minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), chance, (attempt, bytes) => {
        const whole = Math.min(300_000, 1000 * 2 ** (attempt - 1));
        const delay = retryDelay(attempt, bytes);
        assert.ok(delay >= whole / 2 && delay <= whole);
      }),
    );
    assert.equal(retryDelay(1, Uint8Array.of(0, 0)), 1000);
    assert.equal(retryDelay(3, Uint8Array.of(128, 0)), 3000);
  });
});
