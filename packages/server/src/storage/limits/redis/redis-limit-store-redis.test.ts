import { randomUUID } from 'node:crypto';
import { silentLogger } from '../../../kernel/logger.ts';
import { openRedis } from '../../redis/open-redis.ts';
import { openTestRedis } from '../../redis/redis-server.fixture.ts';
import { limitStoreContract } from '../limit-store.contract.ts';
import { createRedisLimitStore } from './redis-limit-store.ts';

limitStoreContract('Redis', async () => {
  const monotonic = (): number => performance.now();
  const redis = await openTestRedis();
  const link = await openRedis({ url: redis.url, logger: silentLogger, monotonic });
  return {
    ...createRedisLimitStore({ link, prefix: `esteira-test-${randomUUID()}` }),
    async close() {
      await link.close();
      await redis.close();
    },
  };
});
