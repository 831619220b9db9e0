import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestContext } from '../../kernel/actor.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createEventBus } from '../../storage/events/event-bus.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../../storage/sql/sql-database.ts';
import type { PredictionPart } from './part-store.ts';
import { createPredictionAnnouncements } from './prediction-announcements.ts';

const context: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'svc_1', kind: 'service', name: 'data plane', roles: [], permissions: new Set() },
  requestId: 'req_1',
};

let sql: SqlDatabase;

before(async () => {
  sql = await openTestDatabase();
});
after(() => sql.close());

test('the first rows are told at once, and those of the next ten seconds together', async () => {
  let now = 1_000_000;
  const clock = { now: () => now };
  const ids = createIdGenerator({ clock, random: systemRandom });
  const events = createEventBus({ database: sql, clock, ids, logger: silentLogger });
  const announcements = createPredictionAnnouncements({ events, clock });
  const log = (endpoint: string, timeMin: number, timeMax: number) =>
    sql.transaction((tx) =>
      announcements.tell(tx, context, [{ endpoint, rows: 5, timeMin, timeMax } as PredictionPart]),
    );
  // Where several processes write, an event shows when no earlier transaction is left that could come before it.
  const told = async (count: number) => {
    for (;;) {
      const recent = await events.recent('ws_1', { limit: 100 });
      if (recent.length >= count) return recent.map(({ payload }) => payload);
      await sleep(10);
    }
  };

  await log('a', 100, 200);
  now += 4000;
  await log('a', 50, 150);
  await log('b', 1, 2);
  assert.deepEqual(await told(2), [
    { endpoint: 'a', rows: 5, firstTime: 100, lastTime: 200 },
    { endpoint: 'b', rows: 5, firstTime: 1, lastTime: 2 },
  ]);
  now += 6000;
  await log('a', 300, 400);
  assert.deepEqual((await told(3)).at(-1), { endpoint: 'a', rows: 10, firstTime: 50, lastTime: 400 });
});
