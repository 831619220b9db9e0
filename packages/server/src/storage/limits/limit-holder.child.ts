import { setTimeout as pause } from 'node:timers/promises';
import { createLeasedLimits, scheduleWithTimers } from '@esteira/model-server/leased-limits';
import { systemClock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import type { LimitStore } from './limit-store.ts';

/**
 * A process that takes from a limit of 500 a second as often as it can, until it is ended. Prints the time (ms) of each
 * admission, one a line. Arguments: engine, its address, name of the process, scope.
 */
const [engine = '', address = '', name = '', scope = ''] = process.argv.slice(2);
const store = await openStore();
const limits = createLeasedLimits({
  exchange: (requests) => store.exchange(scope, name, requests),
  leave: () => store.leave(scope, name),
  now: () => performance.now(),
  schedule: scheduleWithTimers,
  timeoutMs: 2_000,
  assumedHolders: 8,
});
process.stdout.write('ready\n');
for (;;) {
  const times: number[] = [];
  for (let attempt = 0; attempt < 20; attempt++) {
    const allowance = await limits.take('shared', { perSecond: 500, capacity: 500 });
    if (allowance.admitted) times.push(Date.now());
  }
  if (times.length > 0) process.stdout.write(`${times.join('\n')}\n`);
  await pause(5);
}

async function openStore(): Promise<LimitStore> {
  if (engine === 'redis') {
    const { openRedis } = await import('../redis/open-redis.ts');
    const { createRedisLimitStore } = await import('./redis/redis-limit-store.ts');
    const monotonic = (): number => performance.now();
    const timing = { commandMs: 2_000, openMs: 100 };
    const link = await openRedis({ url: address, logger: silentLogger, monotonic, timing });
    return createRedisLimitStore({ link, prefix: 'esteira-test' });
  }
  const { createSqlLimitStore } = await import('./sql/sql-limit-store.ts');
  if (engine === 'postgres') {
    const { openPostgresDatabase } = await import('../sql/postgres/open-postgres-database.ts');
    const database = await openPostgresDatabase({ url: address, poolSize: 2, random: systemRandom });
    return createSqlLimitStore({ database, clock: systemClock });
  }
  const { openSqliteDatabase } = await import('../sql/sqlite/open-sqlite-database.ts');
  return createSqlLimitStore({ database: openSqliteDatabase({ path: address }), clock: systemClock });
}
