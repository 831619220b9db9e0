import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../kernel/logger.ts';
import { openTestDatabase } from './open-test-database.ts';
import { createReplicaRegistry } from './replica-registry.ts';

test('servers on a database see each other, know who is alive, and forget who is gone', async () => {
  const database = await openTestDatabase();
  const clock = { time: 1_000_000, now: () => clock.time };
  const [a, b] = ['rep_a', 'rep_b'].map((id, at) =>
    createReplicaRegistry({
      database,
      clock,
      logger: silentLogger,
      id,
      host: `${id}.example`,
      version: '1.0.0',
      clockOffset: () => at * 600_000,
      interval: 2 ** 30,
    }),
  );
  assert.ok(a && b);
  const address = { url: 'https://a.example', innerUrl: 'http://127.0.0.1:7700' };
  await a.start(address);
  clock.time += 60_000;
  await b.start();
  assert.deepEqual(
    (await a.list()).map((seen) => [seen.id, seen.host, seen.clockOffset, seen.address]),
    [
      ['rep_a', 'rep_a.example', 0, address],
      ['rep_b', 'rep_b.example', 600_000, undefined],
    ],
  );
  assert.deepEqual(
    (await a.alive()).map(({ id }) => id),
    ['rep_b'],
  );
  assert.deepEqual(await b.forget(clock.time), ['rep_a']);
  await b.stop();
  assert.deepEqual(await b.list(), []);
  await a.stop();
  await database.close();
});
