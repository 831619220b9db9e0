import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { migrations } from '../migrations/index.ts';
import { migrate } from '../storage/sql/migrator.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { openSqliteDatabase } from '../storage/sql/sqlite/open-sqlite-database.ts';
import { ana, enqueue, makeQueue, untilAborted } from './job-queue.fixture.ts';

describe('the lease of a job', () => {
  it('lets another worker run the job when it runs out, and the first one learns that it lost', async () => {
    const database = await openTestDatabase();
    const clock = { time: 1_000_000, now: () => clock.time };
    const frozen = makeQueue(database, { installationId: 'inst_a', clock, timing: { heartbeat: 1e9 } });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    const stuck = async () => {
      begin();
      await thawed;
      return 'too late';
    };
    // With one slot, the frozen one does not take the job a second time.
    frozen.jobs.register('shared', stuck, { concurrency: 1 });
    await frozen.jobs.start();
    const id = await enqueue(database, frozen.jobs, 'shared');
    await begun;

    clock.time += 16_000;
    const other = makeQueue(database, { installationId: 'inst_b', clock });
    other.jobs.register('shared', async ({ job }) => ({ attempt: job.attempt }));
    await other.jobs.start();
    assert.deepEqual((await other.jobs.wait('ws_1', id)).result, { attempt: 1 });

    thaw();
    await frozen.jobs.stop();
    assert.deepEqual((await other.jobs.find('ws_1', id))?.result, { attempt: 1 });
    await other.jobs.stop();
    await database.close();
  });

  it('is prolonged while its worker lives, and the handler is told when it was lost all the same', async () => {
    const database = await openTestDatabase();
    const clock = { time: 1_000_000, now: () => clock.time };
    const { jobs } = makeQueue(database, { clock, timing: { heartbeat: 5_000, poll: 1 } });
    let aborted = '';
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    jobs.register('held', async ({ signal }) => {
      begin();
      return untilAborted(signal).catch((reason: Error) => {
        aborted = reason.message;
        tell();
        throw reason;
      });
    });
    await jobs.start();
    const id = await enqueue(database, jobs, 'held');
    await begun;
    const leaseEnd = async () => {
      const row = await database
        .query<{ jobs: { id: string; lease_expires_at: number } }>()
        .selectFrom('jobs')
        .select('lease_expires_at')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return row.lease_expires_at;
    };
    clock.time += 10_000;
    while ((await leaseEnd()) !== clock.time + 15_000) await new Promise((resolve) => setTimeout(resolve, 1));

    await database.transaction(async (tx) => {
      await tx
        .query<{ jobs: { id: string; lease_owner: string } }>()
        .updateTable('jobs')
        .set({ lease_owner: 'inst_other:worker:1' })
        .where('id', '=', id)
        .execute();
    });
    clock.time += 5_000;
    await told;
    assert.match(aborted, /lease-lost/);
    await jobs.stop();
    assert.equal((await jobs.find('ws_1', id))?.state, 'running');
    await database.close();
  });

  it('of a worker that asked to cancel before it died ends the job as cancelled', async () => {
    const database = await openTestDatabase();
    const dead = makeQueue(database, { timing: { stopGrace: 0, poll: 1e6 } });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    dead.jobs.register('stubborn', () => {
      begin();
      return new Promise(() => {});
    });
    await dead.jobs.start();
    const id = await enqueue(database, dead.jobs, 'stubborn');
    await begun;
    await dead.jobs.cancel(ana, id);
    await dead.jobs.stop();
    const next = makeQueue(database);
    await next.jobs.start();
    assert.equal((await next.jobs.wait('ws_1', id)).state, 'cancelled');
    await next.jobs.stop();
    await database.close();
  });

  it('given up by eight dying workers ends the job as failed', async () => {
    const database = await openTestDatabase();
    let id = '';
    for (let deaths = 0; deaths < 8; deaths++) {
      const dying = makeQueue(database, { timing: { stopGrace: 0, poll: 1e6 } });
      const { promise: begun, resolve: begin } = Promise.withResolvers<number>();
      dying.jobs.register('deadly', ({ job }) => {
        begin(job.attempt);
        return new Promise(() => {});
      });
      await dying.jobs.start();
      if (id === '') id = await enqueue(database, dying.jobs, 'deadly');
      assert.equal(await begun, 1);
      await dying.jobs.stop();
    }
    const last = makeQueue(database);
    last.jobs.register('deadly', async () => assert.fail('must not run a ninth time'));
    await last.jobs.start();
    const job = await last.jobs.wait('ws_1', id);
    assert.equal(job.state, 'failed');
    assert.match(JSON.stringify(job.error), /JOB_ABANDONED/);
    await last.jobs.stop();
    await database.close();
  });

  it('of a process killed in its last attempt passes at once to the next process, which finishes the job', async () => {
    const root = mkdtempSync(join(tmpdir(), 'esteira-jobs-'));
    const path = join(root, 'esteira.db');
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-worker.child.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = await once(child.stdout, 'data');
    const id = String(printed);
    child.kill('SIGKILL');
    await once(child, 'exit');

    const database = openSqliteDatabase({ path });
    assert.deepEqual(await migrate(database, migrations, systemClock), []);
    const { jobs } = makeQueue(database);
    assert.equal((await jobs.find('ws_1', id))?.state, 'running');
    jobs.register('long', async ({ job }) => ({ attempt: job.attempt }));
    await jobs.start();
    const job = await jobs.wait('ws_1', id);
    assert.deepEqual([job.state, job.result, job.maxAttempts], ['succeeded', { attempt: 1 }, 1]);
    await jobs.stop();
    await database.close();
    rmSync(root, { recursive: true });
  });
});
