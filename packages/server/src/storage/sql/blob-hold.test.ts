import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { blobsAreHeld, whileBlobsAreHeld } from './blob-hold.ts';
import { createLeases } from './lease.ts';
import { openTestDatabase } from './open-test-database.ts';

test('blobs are held from before the work begins until the last who holds them is done', async () => {
  const database = await openTestDatabase();
  const leasesOf = (owner: string) =>
    createLeases({ database, clock: systemClock, logger: silentLogger, owner });
  const first = leasesOf('first:1');
  const second = leasesOf('second:1');
  const held = () => database.transaction((tx) => blobsAreHeld(tx, systemClock.now()));
  assert.equal(await held(), false);
  let endSecond: () => void = () => {};
  const secondMayEnd = new Promise<void>((resolve) => {
    endSecond = resolve;
  });
  const other = whileBlobsAreHeld(second, 'second', () => secondMayEnd);
  const answer = await whileBlobsAreHeld(first, 'first', async (signal) => {
    assert.equal(signal.aborted, false);
    return await held();
  });
  assert.equal(answer, true);
  assert.equal(await held(), true);
  endSecond();
  await other;
  assert.equal(await held(), false);
  await assert.rejects(
    whileBlobsAreHeld(first, 'failing', async () => {
      throw new Error('no room');
    }),
    /no room/,
  );
  assert.equal(await held(), false);
  await Promise.all([first.stop(), second.stop()]);
  await database.close();
});

test('a hold whose process froze is over by its time, and the work is told that it was lost', async () => {
  const database = await openTestDatabase();
  let now = systemClock.now();
  const leases = createLeases({
    database,
    clock: { now: () => now },
    logger: silentLogger,
    owner: 'frozen:1',
    timing: { lease: 300, renew: 100_000, poll: 20 },
  });
  const lost = whileBlobsAreHeld(leases, 'frozen', async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    now += 60_000;
    assert.equal(await database.transaction((tx) => blobsAreHeld(tx, now)), false);
    return 'copied with gaps';
  });
  await assert.rejects(lost, { name: 'LeaseLost' });
  await leases.stop();
  await database.close();
});
