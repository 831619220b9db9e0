import { test } from 'node:test';
import { testRedisUrl } from '../../redis/redis-server.fixture.ts';
import { proveSharedLimit } from '../limit-processes.fixture.ts';

test('three processes share 500 a second through Redis, one of them killed', async () => {
  await proveSharedLimit('redis', testRedisUrl());
});
