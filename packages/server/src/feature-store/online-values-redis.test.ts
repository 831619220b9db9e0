import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause, setImmediate } from 'node:timers/promises';
import type { Materialization } from '@esteira/contracts';
import { systemClock } from '../kernel/clock.ts';
import { silentLogger } from '../kernel/logger.ts';
import type { Cache } from '../storage/cache/cache.ts';
import { createMemoryCache } from '../storage/cache/memory/memory-cache.ts';
import { createRedisCache } from '../storage/cache/redis/redis-cache.ts';
import { openRedis, type RedisLink } from '../storage/redis/open-redis.ts';
import { startRedisServer } from '../storage/redis/redis-server.fixture.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { type OnlineRow, replaceOnlineRows } from './online-store.ts';
import { createOnlineValues, type OnlineValues } from './online-values.ts';

const keys = Array.from({ length: 100 }, (_, index) => `["airport-${index}"]`);

/** Every value of a generation says which one it is of, and which key it belongs to; each leaves another key out. */
function rowsOf(generation: number): OnlineRow[] {
  return keys.flatMap((key, index) =>
    index === generation % keys.length ? [] : [{ key, values: [generation, index / 3, null] }],
  );
}

async function materialize(sql: SqlDatabase, online: OnlineValues, generation: number): Promise<void> {
  const materialization: Materialization = {
    view: 'arrivals',
    viewVersion: 1,
    at: generation,
    rows: keys.length - 1,
    sourceVersionId: `dv_${generation}`,
    writtenAt: systemClock.now(),
  };
  await online.keep('ws', materialization, rowsOf(generation));
  await sql.transaction((tx) => replaceOnlineRows(tx, 'ws', materialization, rowsOf(generation)));
  const former = { ...materialization, at: generation - 1, sourceVersionId: `dv_${generation - 1}` };
  if (generation > 0) await online.forget('ws', former, rowsOf(generation - 1));
}

/** Reads all keys; the values must be those of one generation between the one in force before and the one after. */
async function readRight(online: OnlineValues, inForce: { generation: number }): Promise<void> {
  const earliest = inForce.generation;
  const { values, materialization } = await online.read('ws', 'arrivals', [...keys, '["nowhere"]']);
  const at = materialization?.at ?? assert.fail();
  assert.ok(at >= earliest && at <= inForce.generation + 1, `generation ${at} after ${earliest}`);
  assert.deepEqual(new Map(values), new Map(rowsOf(at).map((row) => [row.key, row.values])));
}

describe('online values', () => {
  let sql: SqlDatabase;
  let server: Awaited<ReturnType<typeof startRedisServer>>;
  let link: RedisLink;
  let cache: Cache;
  before(async () => {
    sql = await openTestDatabase();
    server = await startRedisServer();
    const timing = { commandMs: 100, openMs: 50 };
    const monotonic = (): number => performance.now();
    link = await openRedis({ url: server.url, logger: silentLogger, monotonic, timing });
    cache = createRedisCache({ link, prefix: 'esteira-test' });
  });
  after(async () => {
    await link.close();
    await server.close();
    await sql.close();
  });

  it('are there from the moment they are materialized, and answer for keys that are not', async () => {
    for (const engine of [cache, createMemoryCache({ clock: systemClock, maxBytes: 1_000_000 })]) {
      const online = createOnlineValues({ sql, cache: engine });
      const none = await online.read('ws', 'unknown', keys);
      assert.deepEqual([none.materialization, none.values.size], [undefined, 0]);
      for (let generation = 0; generation < 3; generation++) {
        await materialize(sql, online, generation);
        for (let times = 0; times < 2; times++) await readRight(online, { generation });
      }
    }
  });

  it('come from Redis while it is there, and not from SQL', async () => {
    const online = createOnlineValues({ sql, cache });
    await materialize(sql, online, 50);
    await sql.transaction(async (tx) => {
      await tx.query<{ online_features: { workspace: string } }>().deleteFrom('online_features').execute();
    });
    const { values } = await online.read('ws', 'arrivals', keys.slice(0, 50));
    assert.equal(values.size, 50);
  });

  it('are right in every read while Redis is frozen, ended and started, and materializations go on', async () => {
    const online = createOnlineValues({ sql, cache });
    const inForce = { generation: 100 };
    await materialize(sql, online, inForce.generation);
    let reads = 0;
    let ending = false;
    const readers = Array.from({ length: 4 }, async () => {
      while (!ending) {
        await readRight(online, inForce);
        reads += 1;
        // A database in memory answers in the same turn: others want theirs.
        await setImmediate();
      }
    });
    const writer = (async () => {
      while (!ending) {
        await materialize(sql, online, inForce.generation + 1);
        inForce.generation += 1;
        await pause(10);
      }
    })();
    const some = async (): Promise<void> => {
      const before = reads;
      while (reads < before + 40) await Promise.race([pause(5), ...readers]);
    };
    await some();
    for (let round = 0; round < 2; round++) {
      server.freeze();
      await some();
      server.thaw();
      while (!link.available()) await some();
      await server.stop();
      await some();
      assert.equal(link.available(), false);
      await server.start();
      while (!link.available()) await some();
      await some();
    }
    ending = true;
    await Promise.all([...readers, writer]);
    assert.ok(inForce.generation > 110);
  });

  it('of a generation that was left in Redis while it was away are not looked at', async () => {
    const online = createOnlineValues({ sql, cache });
    await materialize(sql, online, 500);
    // Written by who cannot reach Redis, so that nothing there is replaced or freed.
    const cutOff = createOnlineValues({
      sql,
      cache: createMemoryCache({ clock: systemClock, maxBytes: 1 }),
    });
    await materialize(sql, cutOff, 501);
    await readRight(online, { generation: 501 });
  });
});
