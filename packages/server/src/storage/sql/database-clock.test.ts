import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { silentLogger } from '../../kernel/logger.ts';
import { openDatabaseClock } from './database-clock.ts';

const minute = 60_000;

/** A database, a machine and a process whose three clocks go apart as told. */
function makeClocks(skew: number) {
  const world = { time: 1_750_000_000_000, skew, way: 0 };
  const warnings: string[] = [];
  return {
    world,
    warnings,
    deps: {
      database: {
        async now() {
          world.time += world.way / 2;
          const told = world.time;
          world.time += world.way / 2;
          return told;
        },
      },
      system: { now: () => world.time + world.skew },
      monotonic: () => world.time,
      logger: { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) },
      interval: 2 ** 30,
    },
  };
}

describe('the clock that follows the database', () => {
  it('tells the time of the database on a machine that is ten minutes off, and says so once', async () => {
    const { world, warnings, deps } = makeClocks(-10 * minute);
    const clock = await openDatabaseClock(deps);
    assert.equal(clock.now(), world.time);
    assert.equal(clock.offset(), -10 * minute);
    await clock.measure();
    assert.equal(warnings.length, 1);
    clock.stop();
  });

  it('is not moved by a machine whose clock is set while the server runs', async () => {
    const { world, warnings, deps } = makeClocks(0);
    const clock = await openDatabaseClock(deps);
    world.time += 5_000;
    world.skew = 10 * minute;
    assert.equal(clock.now(), world.time);
    assert.deepEqual(warnings, []);
    await clock.measure();
    assert.equal(clock.now(), world.time);
    assert.equal(warnings.length, 1);
    clock.stop();
  });

  it('is at most half the way of an answer beside the truth, wherever the machine stands', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -10 * minute, max: 10 * minute }),
        fc.integer({ min: 0, max: 200 }),
        async (skew, way) => {
          const { world, deps } = makeClocks(skew);
          world.way = way;
          const clock = await openDatabaseClock(deps);
          assert.ok(Math.abs(clock.now() - world.time) <= way / 2 + 1);
          clock.stop();
        },
      ),
      { numRuns: 50 },
    );
  });
});
