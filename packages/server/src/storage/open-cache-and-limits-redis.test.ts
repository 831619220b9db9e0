import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { openCacheAndLimits } from './open-cache-and-limits.ts';
import { startRedisServer } from './redis/redis-server.fixture.ts';
import { openTestDatabase } from './sql/open-test-database.ts';
import type { SqlDatabase } from './sql/sql-database.ts';

const spec = { perSecond: 1, capacity: 10 };
const asked = { limit: 'l', spec, left: 0, returned: 0, wanted: 10, least: 1, known: false };

describe('cache and limits of a server', () => {
  let redis: Awaited<ReturnType<typeof startRedisServer>>;
  const databases: SqlDatabase[] = [];

  async function openDatabase(): Promise<SqlDatabase> {
    const database = await openTestDatabase();
    databases.push(database);
    return database;
  }

  const open = (database: SqlDatabase, redisUrl: string | undefined) =>
    openCacheAndLimits({
      redisUrl,
      database,
      clock: systemClock,
      random: systemRandom,
      monotonic: () => performance.now(),
      logger: silentLogger,
    });

  before(async () => {
    redis = await startRedisServer({ password: 'sesame' });
  });
  after(async () => {
    for (const database of databases) await database.close();
    await redis.close();
  });

  it('are in Redis for all servers on one database, and kept from those on another', async () => {
    const database = await openDatabase();
    const [one, two, other] = [
      await open(database, redis.url),
      await open(database, redis.url),
      await open(await openDatabase(), redis.url),
    ];
    await one.cache.setMany('s', [{ key: 'k', value: Buffer.from('v') }], { ttlMs: 10_000 });
    assert.equal((await two.cache.getMany('s', ['k']))[0]?.length, 1);
    assert.deepEqual(await other.cache.getMany('s', ['k']), [undefined]);
    assert.equal((await one.limits.exchange('x', 'a', [asked])).slices[0]?.extra, 10);
    assert.equal((await two.limits.exchange('x', 'b', [asked])).slices[0]?.extra, 0);
    assert.equal((await other.limits.exchange('x', 'b', [asked])).slices[0]?.extra, 10);
    for (const house of [one, two, other]) await house.close();
  });

  it('do without a Redis that is not there, and say so, but not with a wrong password', async () => {
    const database = await openDatabase();
    const house = await open(database, 'redis://127.0.0.1:1');
    assert.equal(house.available(), false);
    assert.deepEqual(await house.cache.getMany('s', ['k']), [undefined]);
    await assert.rejects(house.limits.exchange('x', 'a', [asked]));
    await house.close();
    await assert.rejects(open(database, redis.url.replace('sesame', 'wrong')), { code: 'BAD_CONFIG' });
  });

  it('need no Redis', async () => {
    const house = await open(await openDatabase(), undefined);
    await house.cache.setMany('s', [{ key: 'k', value: Buffer.from('v') }], { ttlMs: 10_000 });
    assert.equal((await house.cache.getMany('s', ['k']))[0]?.length, 1);
    assert.equal((await house.limits.exchange('x', 'a', [asked])).slices[0]?.extra, 10);
    assert.equal(house.available(), true);
    await house.close();
  });
});
