import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { replaceOnlineRows } from '../../packages/server/src/feature-store/online-store.ts';
import { createOnlineValues } from '../../packages/server/src/feature-store/online-values.ts';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { silentLogger } from '../../packages/server/src/kernel/logger.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { migrations } from '../../packages/server/src/migrations/index.ts';
import type { Cache } from '../../packages/server/src/storage/cache/cache.ts';
import { createMemoryCache } from '../../packages/server/src/storage/cache/memory/memory-cache.ts';
import { createRedisCache } from '../../packages/server/src/storage/cache/redis/redis-cache.ts';
import { openRedis } from '../../packages/server/src/storage/redis/open-redis.ts';
import { migrate } from '../../packages/server/src/storage/sql/migrator.ts';
import type { SqlDatabase } from '../../packages/server/src/storage/sql/sql-database.ts';
import { openSqliteDatabase } from '../../packages/server/src/storage/sql/sqlite/open-sqlite-database.ts';

/**
 * How fast the online values of 100 entities are read: from SQL alone, through the memory of the process, through Redis.
 * Takes PostgreSQL from BENCH_POSTGRES_URL (an empty database) and Redis from BENCH_REDIS_URL; what is not given is left out.
 */
const entities = 20_000;
const features = 10;
const batch = 100;
const seconds = 5;
const keys = Array.from({ length: entities }, (_, index) => JSON.stringify([`entity-${index}`]));
const rows = keys.map((key, index) => ({
  key,
  values: Array.from({ length: features }, (_, feature) => index / (feature + 1)),
}));
const materialization = {
  view: 'bench',
  viewVersion: 1,
  at: 1,
  rows: entities,
  sourceVersionId: 'dv_1',
  writtenAt: 1,
};

const noCache: Cache = {
  shared: false,
  getMany: async (_namespace, asked) => asked.map(() => undefined),
  async setMany() {},
  async deleteMany() {},
  available: () => true,
  async close() {},
};

const directory = mkdtempSync(join(tmpdir(), 'esteira-bench-'));
const databases: [string, SqlDatabase][] = [
  ['SQLite', openSqliteDatabase({ path: join(directory, 'esteira.db') })],
];
const postgresUrl = process.env.BENCH_POSTGRES_URL;
if (postgresUrl !== undefined) {
  const { openPostgresDatabase } = await import(
    '../../packages/server/src/storage/sql/postgres/open-postgres-database.ts'
  );
  databases.push([
    'PostgreSQL',
    await openPostgresDatabase({ url: postgresUrl, poolSize: 10, random: systemRandom }),
  ]);
}
const redisUrl = process.env.BENCH_REDIS_URL;
const link =
  redisUrl === undefined
    ? undefined
    : await openRedis({ url: redisUrl, logger: silentLogger, monotonic: () => performance.now() });

console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
console.log(`${entities} entities × ${features} features, ${batch} entities a read, ${seconds} s each`);
for (const [name, sql] of databases) {
  await migrate(sql, migrations, systemClock);
  const caches: [string, Cache][] = [
    [name, noCache],
    [`${name}, memory`, createMemoryCache({ clock: systemClock, maxBytes: 64 * 1024 * 1024 })],
  ];
  if (link !== undefined)
    caches.push([
      `${name}, Redis`,
      createRedisCache({ link, prefix: `esteira-bench-${process.pid}-${name}` }),
    ]);
  await sql.transaction((tx) => replaceOnlineRows(tx, 'bench', materialization, rows));
  for (const [label, cache] of caches) {
    const online = createOnlineValues({ sql, cache });
    await online.keep('bench', materialization, rows);
    if (!cache.shared)
      for (let first = 0; first < entities; first += batch)
        await online.read('bench', 'bench', keys.slice(first, first + batch));
    for (const concurrency of [1, 16]) report(label, concurrency, await measure(online, concurrency));
    await online.forget('bench', materialization, rows);
  }
  await sql.close();
}
await link?.close();
rmSync(directory, { recursive: true, force: true });

async function measure(
  online: ReturnType<typeof createOnlineValues>,
  concurrency: number,
): Promise<readonly number[]> {
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  let next = 0;
  async function reader(): Promise<void> {
    while (performance.now() < until) {
      const asked = Array.from({ length: batch }, () => {
        next = (next * 1_103_515_245 + 12_345) % 2 ** 31;
        return keys[next % entities] ?? '';
      });
      const began = performance.now();
      const { values } = await online.read('bench', 'bench', asked);
      times.push(performance.now() - began);
      if (values.size === 0) throw new Error('Nothing was read.');
    }
  }
  await Promise.all(Array.from({ length: concurrency }, reader));
  return times.sort((a, b) => a - b);
}

function report(label: string, concurrency: number, times: readonly number[]): void {
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2);
  const perSecond = Math.round(times.length / seconds);
  console.log(
    `${label.padEnd(20)} ${String(concurrency).padStart(2)} at once ${String(perSecond).padStart(6)} reads/s  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`,
  );
}
