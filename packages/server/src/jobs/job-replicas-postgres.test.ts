import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { openDatabaseClock } from '../storage/sql/database-clock.ts';
import { openCuttableLine } from '../storage/sql/postgres/cuttable-line.fixture.ts';
import { createReplicatedPostgres } from '../storage/sql/postgres/migrated-postgres.fixture.ts';
import { openPostgresDatabase } from '../storage/sql/postgres/open-postgres-database.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { JobHandler } from './job.ts';
import { ana, enqueue, makeQueue, untilAborted } from './job-queue.fixture.ts';

const tenMinutes = 600_000;
// So rare that what is tested is not the poll.
const rarely = { poll: 60_000, heartbeat: 60_000 };

describe('a queue of several processes on one database', () => {
  let shared: Awaited<ReturnType<typeof createReplicatedPostgres>>;
  before(async () => {
    shared = await createReplicatedPostgres();
  });
  after(() => shared.drop());

  /** A process whose machine is `skew` ms ahead. */
  async function makeReplica(name: string, options: { skew?: number; timing?: object } = {}) {
    const database: SqlDatabase = await shared.open();
    const system = { now: () => Date.now() + (options.skew ?? 0) };
    const clock = await openDatabaseClock({ database, system, logger: silentLogger });
    const { jobs } = makeQueue(database, {
      clock,
      installationId: name,
      resolveActor: async () => ana.actor,
      timing: { ...rarely, ...options.timing },
    });
    return { name, database, clock, jobs };
  }

  it('runs each job once, whoever enqueued it and whatever the clocks of the machines say', async () => {
    const replicas = await Promise.all([
      makeReplica('early', { skew: -tenMinutes }),
      makeReplica('right'),
      makeReplica('late', { skew: tenMinutes }),
    ]);
    const ran: string[] = [];
    const runners = new Set<string>();
    for (const { name, jobs } of replicas) {
      jobs.register('counted', async ({ job }) => {
        ran.push(job.id);
        runners.add(name);
        await sleep(5);
        return null;
      });
      await jobs.start();
    }
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, at) => {
        const { database, jobs } = replicas[at % replicas.length] ?? assert.fail();
        return enqueue(database, jobs, 'counted');
      }),
    );
    const [first] = replicas;
    const finished = await Promise.all(ids.map((id) => first.jobs.wait('ws_1', id)));
    assert.deepEqual([...ran].sort(), [...ids].sort());
    assert.ok(finished.every(({ state }) => state === 'succeeded'));
    const now = Date.now();
    for (const { createdAt, finishedAt } of finished) {
      assert.ok(Math.abs(createdAt - now) < tenMinutes / 2);
      assert.ok(Math.abs((finishedAt ?? 0) - now) < tenMinutes / 2);
    }
    assert.equal(runners.size, 3);
    for (const { jobs, clock } of replicas) {
      await jobs.stop();
      clock.stop();
    }
  });

  it('tells a process that waits of the end, and one that runs of the cancelling, without its poll', async () => {
    const asking = await makeReplica('asking');
    const working = await makeReplica('working');
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    working.jobs.register('answered', async () => 'told at once');
    working.jobs.register('cancelled', ({ signal }) => {
      begin();
      return untilAborted(signal);
    });
    await working.jobs.start();
    const answered = await enqueue(asking.database, asking.jobs, 'answered');
    assert.equal((await asking.jobs.wait('ws_1', answered)).result, 'told at once');
    const cancelled = await enqueue(asking.database, asking.jobs, 'cancelled');
    await begun;
    await asking.jobs.cancel(ana, cancelled);
    assert.equal((await asking.jobs.wait('ws_1', cancelled)).state, 'cancelled');
    await working.jobs.stop();
    for (const { clock, jobs } of [asking, working]) {
      await jobs.stop();
      clock.stop();
    }
  });

  it('gives the jobs of a process that died to another, in their old place, and lets its late word count for nothing', async () => {
    const timing = { lease: 300, heartbeat: 100, poll: 50 };
    const dying = await makeReplica('dying', { timing: { ...timing, heartbeat: 60_000 } });
    const heir = await makeReplica('heir', { timing });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    const stuck: JobHandler = async () => {
      begin();
      await thawed;
      return 'too late';
    };
    dying.jobs.register('inherited', stuck, { concurrency: 1 });
    await dying.jobs.start();
    const id = await enqueue(dying.database, dying.jobs, 'inherited');
    await begun;
    const order: string[] = [];
    const inherit: JobHandler = async ({ job }) => {
      order.push(job.id);
      return { by: 'heir', attempt: job.attempt };
    };
    heir.jobs.register('inherited', inherit, { concurrency: 1 });
    const later = await enqueue(heir.database, heir.jobs, 'inherited');
    await sleep(400);
    await heir.jobs.start();
    assert.deepEqual((await heir.jobs.wait('ws_1', id)).result, { by: 'heir', attempt: 1 });
    await heir.jobs.wait('ws_1', later);
    assert.ok(order.includes(id));
    thaw();
    await dying.jobs.stop();
    assert.deepEqual((await heir.jobs.find('ws_1', id))?.result, { by: 'heir', attempt: 1 });
    await heir.jobs.stop();
    for (const { clock } of [dying, heir]) clock.stop();
  });

  it('runs a job once and tells of it once, though the answer to its claim or to its outcome is lost', async () => {
    const line = await openCuttableLine(shared.url);
    const cutOff = await openPostgresDatabase({ url: line.url, poolSize: 3, random: systemRandom });
    const asking = await makeReplica('asking', { timing: { poll: 100 } });
    const { jobs } = makeQueue(cutOff, {
      installationId: 'cut off',
      timing: { poll: 100, lease: 3_000, heartbeat: 1_000 },
    });
    const ran: string[] = [];
    jobs.register('cut', async ({ job }) => {
      ran.push(job.id);
      if (job.payload === 'outcome') line.cutAt('answer to a commit');
      return job.payload;
    });
    await jobs.start();
    line.cutAt('answer to a commit');
    const ids: string[] = [];
    for (const lost of ['claim', 'outcome']) {
      const id = await enqueue(asking.database, asking.jobs, 'cut', lost);
      ids.push(id);
      assert.equal((await asking.jobs.wait('ws_1', id)).result, lost);
    }
    assert.deepEqual(ran, ids);
    const { rows } = await sql<{ payload: string }>`
      select payload from events where type = 'job.finished' order by position`.execute(
      asking.database.query(),
    );
    const told = rows.map(({ payload }) => (JSON.parse(payload) as { jobId: string }).jobId);
    assert.deepEqual(
      told.filter((id) => ids.includes(id)),
      ids,
    );
    await jobs.stop();
    await asking.jobs.stop();
    asking.clock.stop();
    await cutOff.close();
    await line.close();
  });

  it('fires a schedule once for each time over all processes, on the time of the database', async () => {
    const replicas = await Promise.all(
      [-tenMinutes, 0, tenMinutes].map((skew, at) =>
        makeReplica(`scheduling-${at}`, { skew, timing: { poll: 20 } }),
      ),
    );
    const keys: string[] = [];
    const { promise: enough, resolve: tell } = Promise.withResolvers<void>();
    for (const { jobs, database } of replicas) {
      jobs.register('ticked', async ({ job }) => {
        const { dedupe_key: key } = await database
          .query<{ jobs: { id: string; dedupe_key: string } }>()
          .selectFrom('jobs')
          .select('dedupe_key')
          .where('id', '=', job.id)
          .executeTakeFirstOrThrow();
        keys.push(key);
        if (keys.length >= 6) tell();
        return null;
      });
      jobs.schedule({
        name: 'often',
        timing: { everyMs: 100 },
        workspace: 'ws_1',
        kind: 'ticked',
        payload: null,
      });
    }
    for (const { jobs } of replicas) await jobs.start();
    await enough;
    for (const { jobs, clock } of replicas) {
      await jobs.stop();
      clock.stop();
    }
    assert.equal(new Set(keys).size, keys.length);
    const times = keys.map((key) => Date.parse(key.slice('schedule:often:'.length)));
    for (const time of times) {
      assert.equal(time % 100, 0);
      assert.ok(Math.abs(time - Date.now()) < tenMinutes / 2);
    }
  });
});
