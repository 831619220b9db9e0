import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RandomSource } from '../kernel/random-source.ts';
import type { Cache } from './cache/cache.ts';
import { createMemoryCache } from './cache/memory/memory-cache.ts';
import type { LimitStore } from './limits/limit-store.ts';
import { createMemoryLimitStore } from './limits/memory/memory-limit-store.ts';
import { createSqlLimitStore } from './limits/sql/sql-limit-store.ts';
import { createSharedSecrets } from './secrets/shared-secret.ts';
import type { SqlDatabase } from './sql/sql-database.ts';

interface CacheAndLimits {
  readonly cache: Cache;
  readonly limits: LimitStore;
  /** False while the server has to do without its Redis: slower, and every replica with its own share of the limits. */
  available(): boolean;
  close(): Promise<void>;
}

const memoryCacheBytes = 32 * 1024 * 1024;

/**
 * What replicas share besides their database, in Redis when there is one. Without it each has a cache of its own, and limits
 * are shared through a database that has many writers; where it has one, that one is the only replica. Throws BAD_CONFIG
 * when Redis refuses the credentials.
 */
export async function openCacheAndLimits(deps: {
  readonly redisUrl: string | undefined;
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly monotonic: () => number;
  readonly logger: Logger;
}): Promise<CacheAndLimits> {
  const { redisUrl: url, database, clock } = deps;
  if (url !== undefined) return await openInRedis({ ...deps, url });
  const cache = createMemoryCache({ clock, maxBytes: memoryCacheBytes });
  const limits = database.capabilities.manyWriters
    ? createSqlLimitStore({ database, clock })
    : createMemoryLimitStore({ clock });
  return { cache, limits, available: () => true, close: () => cache.close() };
}

async function openInRedis(
  deps: Parameters<typeof openCacheAndLimits>[0] & { readonly url: string },
): Promise<CacheAndLimits> {
  const { openRedis } = await import('./redis/open-redis.ts');
  const { createRedisCache } = await import('./cache/redis/redis-cache.ts');
  const { createRedisLimitStore } = await import('./limits/redis/redis-limit-store.ts');
  const prefix = await openPrefix(deps);
  const link = await openRedis(deps);
  return {
    cache: createRedisCache({ link, prefix }),
    limits: createRedisLimitStore({ link, prefix }),
    available: link.available,
    close: link.close,
  };
}

/** The same for all servers on the database, and another for every other installation on this Redis. */
async function openPrefix(deps: {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly random: RandomSource;
}): Promise<string> {
  // No secret in truth: it has to survive without a key file.
  const secrets = createSharedSecrets({ ...deps, keyFile: undefined });
  const id = await secrets.open('redis-prefix', () => deps.random.bytes(12));
  return `esteira-${id.toString('hex')}`;
}
