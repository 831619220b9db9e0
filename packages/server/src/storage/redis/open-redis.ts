import { Redis } from 'ioredis';
import { esteiraError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';

/**
 * One connection to a Redis that may go away at any time. No command waits for it: commands fail at once while it is away
 * (the circuit is open), and after `commandMs` when it does not answer. It is tried again by itself.
 */
export interface RedisLink {
  /** Runs commands. Rejects when Redis cannot be reached or does not answer in time. */
  run<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  /** Whether the last attempt reached it. */
  available(): boolean;
  close(): Promise<void>;
}

interface RedisTiming {
  /** How long a command may take, in ms. */
  readonly commandMs: number;
  /** How long the circuit stays open after a failure, in ms. */
  readonly openMs: number;
}

const defaultTiming: RedisTiming = { commandMs: 250, openMs: 500 };
const connectMs = 2_000;

/**
 * Opens the connection. Redis is an accelerator, so a server that cannot reach it starts all the same, with a warning; one
 * that is refused has a wrong configuration: throws BAD_CONFIG for a wrong password, user or database number.
 */
export async function openRedis(deps: {
  readonly url: string;
  readonly logger: Logger;
  readonly monotonic: () => number;
  readonly timing?: RedisTiming;
}): Promise<RedisLink> {
  const { logger, monotonic } = deps;
  const { commandMs, openMs } = deps.timing ?? defaultTiming;
  const redis = new Redis(deps.url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    commandTimeout: commandMs,
    // Nothing is kept for a better time: what is asked now is answered now, or from elsewhere.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(1_000, 50 * 2 ** Math.min(times, 6)),
  });
  let lastProblem: unknown;
  redis.on('error', (error: unknown) => {
    lastProblem = error;
  });
  let away = false;
  let closedUntil = 0;
  let trying = false;

  function reached(): void {
    if (away) logger.info({}, 'Redis answers again');
    away = false;
  }

  function lost(error: unknown): void {
    if (!away) {
      logger.warn(
        { reason: messageOf(error), connection: messageOf(lastProblem) },
        'Redis cannot be reached; the server goes on without it, slower',
      );
    }
    away = true;
    closedUntil = monotonic() + openMs;
  }

  async function connect(): Promise<void> {
    try {
      await redis.connect();
      // The library passes over a database that does not exist, and would go on in the first.
      await redis.select(redis.options.db ?? 0);
    } catch (error) {
      const problem = refusal(error) ?? refusal(lastProblem);
      if (problem !== undefined) {
        redis.disconnect();
        throw esteiraError('BAD_CONFIG', { problem }, error);
      }
      lost(error);
    }
  }
  await connect();

  return {
    async run(work) {
      if (away) {
        // One caller finds out whether it is back; nobody else waits for that.
        if (trying || monotonic() < closedUntil || redis.status !== 'ready')
          throw new Error('Redis is away.');
        trying = true;
      }
      try {
        const result = await work(redis);
        reached();
        return result;
      } catch (error) {
        lost(error);
        throw new Error('Redis is away.', { cause: error });
      } finally {
        trying = false;
      }
    },
    available: () => !away,
    async close() {
      redis.disconnect();
    },
  };
}

function messageOf(error: unknown): string {
  if (error === undefined) return '';
  return error instanceof Error ? error.message : String(error);
}

/** What Redis says to who may not come in. Never with the URL: it may hold the password. */
function refusal(error: unknown): string | undefined {
  const message = messageOf(error);
  if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(message) || /without any password configured/.test(message))
    return `redisUrl (ESTEIRA_REDIS_URL): Redis refuses the user name or password`;
  if (/DB index|invalid DB/i.test(message))
    return `redisUrl (ESTEIRA_REDIS_URL): Redis has no database of that number`;
  return undefined;
}
