import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger } from '../../../kernel/logger.ts';
import { openRedis } from '../../redis/open-redis.ts';
import { openTestRedis, startRedisServer } from '../../redis/redis-server.fixture.ts';
import { cacheContract } from '../cache.contract.ts';
import { createRedisCache } from './redis-cache.ts';

const monotonic = (): number => performance.now();

cacheContract('Redis', async () => {
  const redis = await openTestRedis();
  const link = await openRedis({ url: redis.url, logger: silentLogger, monotonic });
  return {
    ...createRedisCache({ link, prefix: `esteira-test-${randomUUID()}` }),
    async close() {
      await link.close();
      await redis.close();
    },
  };
});

test('a Redis that is frozen or gone is a cache that holds nothing, at once, and one again when it is back', async () => {
  const server = await startRedisServer();
  const timing = { commandMs: 100, openMs: 100 };
  const link = await openRedis({ url: server.url, logger: silentLogger, monotonic, timing });
  const cache = createRedisCache({ link, prefix: 'esteira-test' });
  const keep = () => cache.setMany('s', [{ key: 'k', value: Buffer.from('v') }], { ttlMs: 60_000 });
  const read = async () => (await cache.getMany('s', ['k']))[0]?.toString();
  await keep();
  assert.equal(await read(), 'v');
  for (const [lose, giveBack] of [
    [server.freeze, server.thaw],
    [server.stop, server.start],
  ]) {
    await lose?.();
    assert.equal(await read(), undefined);
    await keep();
    await cache.deleteMany('s', ['k']);
    assert.equal(cache.available(), false);
    await giveBack?.();
    while (!cache.available()) {
      await pause(20);
      await keep();
    }
    await keep();
    assert.equal(await read(), 'v');
  }
  await link.close();
  await server.close();
});
