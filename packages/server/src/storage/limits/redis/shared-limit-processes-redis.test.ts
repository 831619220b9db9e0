import { test } from 'node:test';
import { openTestRedis } from '../../redis/redis-server.fixture.ts';
import { proveSharedLimit } from '../limit-processes.fixture.ts';

test('three processes share 500 a second through Redis, one of them killed', async () => {
  const redis = await openTestRedis();
  await proveSharedLimit('redis', redis.url);
  await redis.close();
});
