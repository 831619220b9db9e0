import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextFire } from './schedule-timing.ts';

const at = (text: string) => Date.parse(`${text}Z`);
const fires = (cron: string, after: string) =>
  new Date(nextFire({ cron }, at(after))).toISOString().slice(0, 16);

describe('when a schedule fires', () => {
  it('is the first minute that a cron expression lets through, in UTC', () => {
    assert.equal(fires('* * * * *', '2026-03-01T10:15:00'), '2026-03-01T10:16');
    assert.equal(fires('*/15 * * * *', '2026-03-01T10:15:30'), '2026-03-01T10:30');
    assert.equal(fires('5/20 8-10 * * *', '2026-03-01T10:46:00'), '2026-03-02T08:05');
    assert.equal(fires('0 3 * * *', '2026-12-31T03:00:00'), '2027-01-01T03:00');
    assert.equal(fires('30 4 1,15 * *', '2026-03-01T04:30:00'), '2026-03-15T04:30');
    assert.equal(fires('0 0 29 2 *', '2026-03-01T00:00:00'), '2028-02-29T00:00');
  });

  it('takes a day that either of two named days lets through, and 0 and 7 for Sunday', () => {
    // 1 March 2026 is a Sunday.
    assert.equal(fires('0 0 13 * 5', '2026-03-01T00:00:00'), '2026-03-06T00:00');
    assert.equal(fires('0 0 4 * 5', '2026-03-01T00:00:00'), '2026-03-04T00:00');
    assert.equal(fires('0 0 * * 0', '2026-03-01T00:00:00'), '2026-03-08T00:00');
    assert.equal(fires('0 0 * * 7', '2026-03-01T00:00:00'), '2026-03-08T00:00');
    assert.equal(fires('0 0 * * 1-5', '2026-03-06T00:00:00'), '2026-03-09T00:00');
  });

  it('is each whole multiple of an interval', () => {
    assert.equal(nextFire({ everyMs: 5_000 }, 12_345), 15_000);
    assert.equal(nextFire({ everyMs: 5_000 }, 15_000), 20_000);
  });

  it('is always later, never twice the same, and skips nothing that the expression lets through', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: at('2090-01-01T00:00:00') }),
        (minute, hour, after) => {
          const next = nextFire({ cron: `${minute} ${hour} * * *` }, after);
          assert.ok(next > after && next - after <= 86_400_000);
          const date = new Date(next);
          assert.deepEqual([date.getUTCMinutes(), date.getUTCHours(), next % 60_000], [minute, hour, 0]);
        },
      ),
    );
  });

  it('is refused for what is no expression, with the part that is wrong', () => {
    for (const [cron, part] of [
      ['* * * *', '4 fields'],
      ['60 * * * *', 'minute'],
      ['* 24 * * *', 'hour'],
      ['* * 0 * *', 'day of month'],
      ['* * * 13 *', 'month'],
      ['* * * * 8', 'day of week'],
      ['*/0 * * * *', 'minute'],
      ['5-1 * * * *', 'minute'],
      ['x * * * *', 'minute'],
      ['0 0 31 2 *', 'no day that exists'],
    ] as const) {
      assert.throws(() => nextFire({ cron }, 0), new RegExp(part), cron);
    }
  });
});
