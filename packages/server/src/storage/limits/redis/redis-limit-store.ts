import { createHash } from 'node:crypto';
import { leaseMs, type Slice, type SliceRequest, slackSeconds } from '@esteira/model-server/leased-limits';
import type { RedisLink } from '../../redis/open-redis.ts';
import { type LimitStore, memoryMs, presenceMs } from '../limit-store.ts';
import { grantSlicesScript } from './grant-slices-script.ts';

const digest = createHash('sha1').update(grantSlicesScript).digest('hex');
const fieldsPerSlice = 3;

/** Limits in Redis: an exchange is one script, one round trip, on the clock of Redis. `prefix` keeps installations apart. */
export function createRedisLimitStore(deps: { link: RedisLink; prefix: string }): LimitStore {
  const { link, prefix } = deps;
  const holdersKey = (scope: string): string => `${prefix}:limits:holders:${scope}`;

  async function evaluate(keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    return await link.run(async (redis) => {
      try {
        return await redis.evalsha(digest, keys.length, ...keys, ...values);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await redis.eval(grantSlicesScript, keys.length, ...keys, ...values);
      }
    });
  }

  return {
    async exchange(scope, holder, requests) {
      const keys = requests.map(({ limit }) => `${prefix}:limits:${JSON.stringify([scope, limit])}`);
      const answer = await evaluate(
        [holdersKey(scope), ...keys],
        [holder, presenceMs, ...requests.flatMap(toValues)],
      );
      if (!Array.isArray(answer) || answer.length !== 1 + requests.length * fieldsPerSlice)
        throw new Error('Redis answered something else than slices.');
      return {
        holders: Number(answer[0]),
        slices: requests.map(({ limit }, index) => toSlice(limit, answer.slice(1 + index * fieldsPerSlice))),
      };
    },
    async leave(scope, holder) {
      await link.run((redis) => redis.zrem(holdersKey(scope), holder));
    },
    async close() {},
  };
}

function toValues(request: SliceRequest): (string | number)[] {
  const { spec, left, returned, wanted, least, known } = request;
  const { perSecond, capacity } = spec;
  const times = [leaseMs(spec), memoryMs(spec), slackSeconds];
  return [perSecond, capacity, left, returned, wanted, least, known ? 1 : 0, ...times];
}

function toSlice(limit: string, fields: readonly unknown[]): Slice {
  const [kept, extra, wait] = fields.map(Number);
  return { limit, kept: kept ?? 0, extra: extra ?? 0, waitMs: wait === undefined || wait < 0 ? null : wait };
}
