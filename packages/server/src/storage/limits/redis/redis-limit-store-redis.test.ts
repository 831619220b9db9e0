import { randomUUID } from 'node:crypto';
import { silentLogger } from '../../../kernel/logger.ts';
import { openRedis } from '../../redis/open-redis.ts';
import { testRedisUrl } from '../../redis/redis-server.fixture.ts';
import { limitStoreContract } from '../limit-store.contract.ts';
import { createRedisLimitStore } from './redis-limit-store.ts';

limitStoreContract('Redis', async () => {
  const monotonic = (): number => performance.now();
  const link = await openRedis({ url: testRedisUrl(), logger: silentLogger, monotonic });
  return {
    ...createRedisLimitStore({ link, prefix: `esteira-test-${randomUUID()}` }),
    close: () => link.close(),
  };
});
