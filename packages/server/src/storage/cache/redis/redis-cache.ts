import type { RedisLink } from '../../redis/open-redis.ts';
import type { Cache, CacheKey } from '../cache.ts';

// One command of this size does not hold up the others of this server for long.
const batch = 500;

/** A cache in Redis that replicas share. `prefix` keeps installations apart. */
export function createRedisCache(deps: { link: RedisLink; prefix: string }): Cache {
  const { link, prefix } = deps;

  function nameOf(namespace: string, key: CacheKey): Buffer {
    const head = Buffer.from(`${prefix}:cache:${Buffer.byteLength(namespace)}:${namespace}:`);
    return Buffer.concat([head, typeof key === 'string' ? Buffer.from(key) : key]);
  }

  return {
    shared: true,
    async getMany(namespace, keys) {
      const found: (Uint8Array | undefined)[] = [];
      try {
        for (const part of inBatches(keys)) {
          const values = await link.run((redis) =>
            redis.mgetBuffer(part.map((key) => nameOf(namespace, key))),
          );
          for (const value of values) found.push(value ?? undefined);
        }
      } catch {
        // The link has told the log; what is missing is read from the source of truth.
      }
      return keys.map((_key, index) => found[index]);
    },
    async setMany(namespace, entries, { ttlMs }) {
      try {
        for (const part of inBatches(entries)) {
          await link.run(async (redis) => {
            const pipeline = redis.pipeline();
            for (const { key, value } of part)
              pipeline.set(nameOf(namespace, key), Buffer.from(value), 'PX', Math.ceil(ttlMs));
            for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
          });
        }
      } catch {
        // Not kept: nobody relies on it.
      }
    },
    async deleteMany(namespace, keys) {
      try {
        for (const part of inBatches(keys))
          await link.run((redis) => redis.unlink(...part.map((key) => nameOf(namespace, key))));
      } catch {
        // It goes when its time is over.
      }
    },
    available: () => link.available(),
    async close() {},
  };
}

function* inBatches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let first = 0; first < items.length; first += batch) yield items.slice(first, first + batch);
}
