import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { ana, enqueue, makeQueue, untilAborted } from './job-queue.fixture.ts';

describe('the job queue', () => {
  let database: SqlDatabase;
  before(async () => {
    database = await openTestDatabase();
  });
  after(() => database.close());

  it('runs a job as its starter and keeps what it returned', async () => {
    const { jobs } = makeQueue(database);
    const contexts: RequestContext[] = [];
    jobs.register('echo', async ({ job, context }) => {
      contexts.push(context);
      return { echoed: job.payload };
    });
    await jobs.start();
    const id = await enqueue(database, jobs, 'echo', { word: 'olá' });
    const job = await jobs.wait('ws_1', id);
    assert.equal(job.state, 'succeeded');
    assert.deepEqual(job.result, { echoed: { word: 'olá' } });
    assert.equal(job.attempt, 1);
    assert.ok(job.startedAt !== undefined && job.finishedAt !== undefined);
    assert.deepEqual(contexts, [ana]);
    await jobs.stop();
  });

  it('runs the jobs of a kind in the order they were enqueued, never more at once than allowed', async () => {
    const { jobs } = makeQueue(database);
    const begun: unknown[] = [];
    let atOnce = 0;
    let most = 0;
    jobs.register(
      'ordered',
      async ({ job }) => {
        begun.push(job.payload);
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
        return null;
      },
      { concurrency: 3 },
    );
    const ids = await database.transaction(async (tx) => {
      const made: string[] = [];
      for (let n = 0; n < 20; n++) made.push(await jobs.enqueue(tx, ana, { kind: 'ordered', payload: n }));
      return made;
    });
    await jobs.start();
    await Promise.all(ids.map((id) => jobs.wait('ws_1', id)));
    assert.deepEqual(
      begun,
      Array.from({ length: 20 }, (_, n) => n),
    );
    assert.equal(most, 3);
    await jobs.stop();
  });

  it('takes the jobs that wait as soon as places are free, without its poll', async () => {
    const { jobs } = makeQueue(database, { timing: { poll: 3_600_000 } });
    jobs.register('crowded', async ({ job }) => {
      for (let turns = Number(job.payload) % 7; turns > 0; turns--) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      return job.payload;
    });
    await jobs.start();
    const enqueued = Array.from({ length: 60 }, (_, n) => enqueue(database, jobs, 'crowded', n));
    const finished = await Promise.all(enqueued.map(async (id) => jobs.wait('ws_1', await id)));
    assert.deepEqual(
      finished.map((job) => job.result),
      Array.from({ length: 60 }, (_, n) => n),
    );
    await jobs.stop();
  });

  it('tells at once who waits for a job that ended before, also when nobody waited then', async () => {
    const { jobs } = makeQueue(database, { timing: { poll: 3_600_000 } });
    const { promise: ran, resolve } = Promise.withResolvers<void>();
    jobs.register('early', async () => 'early');
    jobs.register('late', async () => {
      resolve();
      return null;
    });
    await jobs.start();
    const [early, late] = [await enqueue(database, jobs, 'early'), await enqueue(database, jobs, 'late')];
    await ran;
    await jobs.wait('ws_1', late);
    for (let again = 0; again < 2; again++) assert.equal((await jobs.wait('ws_1', early)).result, 'early');
    await jobs.stop();
  });

  it('knows nothing of a job whose transaction was taken back', async () => {
    const { jobs } = makeQueue(database);
    jobs.register('ghost', async () => assert.fail('must not run'));
    await jobs.start();
    let id = '';
    await assert.rejects(
      database.transaction(async (tx) => {
        id = await jobs.enqueue(tx, ana, { kind: 'ghost', payload: null });
        throw new Error('refused');
      }),
    );
    assert.equal(await jobs.find('ws_1', id), undefined);
    await assert.rejects(jobs.wait('ws_1', id), { code: 'JOB_NOT_FOUND' });
    await jobs.stop();
  });

  it('returns the first job for a key that was used before in the workspace', async () => {
    const { jobs } = makeQueue(database);
    const first = await enqueue(database, jobs, 'keyed', 1, { key: 'daily' });
    assert.equal(await enqueue(database, jobs, 'keyed', 2, { key: 'daily' }), first);
    const elsewhere = { ...ana, workspace: 'ws_2' };
    assert.notEqual(await enqueue(database, jobs, 'keyed', 3, { key: 'daily' }, elsewhere), first);
  });

  it('tries again until the attempts are used up, and tells the error by the table alone', async () => {
    const { jobs } = makeQueue(database);
    jobs.register('flaky', async ({ job }) => {
      if (job.attempt < 3) throw new Error('secret detail of the database');
      return 'third time lucky';
    });
    await jobs.start();
    const patient = await enqueue(database, jobs, 'flaky', null, { maxAttempts: 3 });
    const impatient = await enqueue(database, jobs, 'flaky', null, { maxAttempts: 2 });
    const succeeded = await jobs.wait('ws_1', patient);
    assert.deepEqual(
      [succeeded.state, succeeded.result, succeeded.error],
      ['succeeded', 'third time lucky', null],
    );
    const failed = await jobs.wait('ws_1', impatient);
    assert.deepEqual([failed.state, failed.attempt, failed.result], ['failed', 2, null]);
    assert.match(JSON.stringify(failed.error), /INTERNAL.*err_/);
    assert.doesNotMatch(JSON.stringify(failed.error), /secret/);
    await jobs.stop();
  });

  it('does not repeat what the caller got wrong', async () => {
    const { jobs } = makeQueue(database);
    jobs.register('refused', async () => {
      throw esteiraError('INVALID_REQUEST', { problem: 'no such column' });
    });
    await jobs.start();
    const job = await jobs.wait('ws_1', await enqueue(database, jobs, 'refused', null, { maxAttempts: 5 }));
    assert.deepEqual([job.state, job.attempt], ['failed', 1]);
    assert.match(JSON.stringify(job.error), /no such column/);
    await jobs.stop();
  });

  it('fails a job whose starter is gone', async () => {
    const { jobs } = makeQueue(database);
    jobs.register('orphan', async () => assert.fail('must not run'));
    await jobs.start();
    const gone = { ...ana, actor: { ...ana.actor, id: 'usr_gone' } };
    const job = await jobs.wait('ws_1', await enqueue(database, jobs, 'orphan', null, {}, gone));
    assert.equal(job.state, 'failed');
    assert.match(JSON.stringify(job.error), /JOB_ACTOR_GONE/);
    await jobs.stop();
  });

  it('does not run a job before its time', async () => {
    const { jobs } = makeQueue(database);
    jobs.register('later', async () => 'ran');
    await jobs.start();
    const far = await enqueue(database, jobs, 'later', null, { runAt: Date.now() + 3_600_000 });
    const soon = await enqueue(database, jobs, 'later', null, { runAt: Date.now() + 5 });
    assert.equal((await jobs.wait('ws_1', soon)).state, 'succeeded');
    assert.equal((await jobs.find('ws_1', far))?.state, 'queued');
    await jobs.cancel(ana, far);
    await jobs.stop();
  });

  it('cancels a queued job at once and a running one when its handler stops', async () => {
    const { jobs } = makeQueue(database);
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    jobs.register(
      'endless',
      async ({ signal }) => {
        begin();
        return untilAborted(signal);
      },
      { concurrency: 1 },
    );
    await jobs.start();
    const running = await enqueue(database, jobs, 'endless', null, { maxAttempts: 9 });
    const queued = await enqueue(database, jobs, 'endless');
    await begun;
    await jobs.cancel(ana, queued);
    assert.equal((await jobs.find('ws_1', queued))?.state, 'cancelled');
    await jobs.cancel(ana, running);
    const job = await jobs.wait('ws_1', running);
    assert.deepEqual([job.state, job.error], ['cancelled', null]);
    await jobs.cancel(ana, running);
    await jobs.stop();
  });

  it('hides jobs of other workspaces', async () => {
    const { jobs } = makeQueue(database);
    const id = await enqueue(database, jobs, 'hidden');
    assert.equal(await jobs.find('ws_2', id), undefined);
    await assert.rejects(jobs.wait('ws_2', id), { code: 'JOB_NOT_FOUND' });
    await assert.rejects(jobs.cancel({ ...ana, workspace: 'ws_2' }, id), { code: 'JOB_NOT_FOUND' });
  });

  it('stops waiting when the one who waits gives up', async () => {
    const { jobs } = makeQueue(database);
    const id = await enqueue(database, jobs, 'never-run');
    const waiting = new AbortController();
    const answer = jobs.wait('ws_1', id, waiting.signal);
    waiting.abort(new Error('gave up'));
    await assert.rejects(answer, /gave up/);
    await assert.rejects(jobs.wait('ws_1', id, AbortSignal.abort(new Error('before'))), /before/);
  });

  it('returns running jobs to the queue when it stops, without counting the attempt', async () => {
    const { jobs } = makeQueue(database);
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    jobs.register('interrupted', async ({ signal }) => {
      begin();
      return untilAborted(signal);
    });
    await jobs.start();
    const id = await enqueue(database, jobs, 'interrupted');
    await begun;
    await jobs.stop();
    assert.deepEqual(
      [(await jobs.find('ws_1', id))?.state, (await jobs.find('ws_1', id))?.attempt],
      ['queued', 0],
    );

    const next = makeQueue(database).jobs;
    next.register('interrupted', async ({ job }) => job.attempt);
    await next.start();
    assert.equal((await next.wait('ws_1', id)).result, 1);
    await next.stop();
  });

  it('keeps the latest progress', async () => {
    const { jobs } = makeQueue(database);
    jobs.register('progressing', async ({ progress }) => {
      progress(0.5, 'half');
      progress(7, 'all');
      return null;
    });
    await jobs.start();
    const job = await jobs.wait('ws_1', await enqueue(database, jobs, 'progressing'));
    assert.deepEqual(job.progress, { share: 1, message: 'all' });
    await jobs.stop();
  });

  it('shows progress while the job runs', async () => {
    const { jobs } = makeQueue(database);
    const { promise: seen, resolve: see } = Promise.withResolvers<void>();
    jobs.register('watched', async ({ progress }) => {
      progress(0.25, 'a quarter');
      await seen;
      return null;
    });
    await jobs.start();
    const id = await enqueue(database, jobs, 'watched');
    while ((await jobs.find('ws_1', id))?.progress === undefined)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual((await jobs.find('ws_1', id))?.progress, { share: 0.25, message: 'a quarter' });
    see();
    await jobs.wait('ws_1', id);
    await jobs.stop();
  });

  it('tells in an event how each job ended', async () => {
    const { jobs, events } = makeQueue(database);
    const told: unknown[] = [];
    events.subscribe('job.finished', 'test-finished', async ({ payload }) => {
      // The end of an earlier test's job may still be on its way.
      if (payload.kind === 'told') told.push(payload);
    });
    await events.start();
    jobs.register('told', async () => null);
    await jobs.start();
    const id = await enqueue(database, jobs, 'told');
    await jobs.wait('ws_1', id);
    await events.idle();
    assert.deepEqual(told, [{ jobId: id, kind: 'told', state: 'succeeded' }]);
    await jobs.stop();
    await events.stop();
  });

  it('records one end of each job, whatever fails, is cancelled or is shared between workers', async () => {
    const plan = fc.record({
      failures: fc.integer({ min: 0, max: 3 }),
      maxAttempts: fc.integer({ min: 1, max: 3 }),
      cancelled: fc.boolean(),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 12 }), async (plans) => {
        const kind = `planned-${++round}`;
        const ends = new Map<string, string[]>();
        const first = makeQueue(database, { installationId: 'inst_a' });
        const second = makeQueue(database, { installationId: 'inst_b', events: first.events });
        first.events.subscribe('job.finished', kind, async ({ payload }) => {
          ends.set(payload.jobId, [...(ends.get(payload.jobId) ?? []), payload.state]);
        });
        await first.events.start();
        const atWork = new Set<string>();
        for (const { jobs } of [first, second]) {
          jobs.register(kind, async ({ job }) => {
            assert.equal(atWork.has(job.id), false, 'two workers have the same job');
            atWork.add(job.id);
            await new Promise((resolve) => setImmediate(resolve));
            atWork.delete(job.id);
            if (job.attempt <= (plans[Number(job.payload)]?.failures ?? 0)) throw new Error('planned');
            return job.payload;
          });
          await jobs.start();
        }
        const ids = await Promise.all(
          plans.map(({ maxAttempts }, n) => enqueue(database, first.jobs, kind, n, { maxAttempts })),
        );
        await Promise.all(plans.map(({ cancelled }, n) => cancelled && first.jobs.cancel(ana, ids[n] ?? '')));
        const finished = await Promise.all(ids.map((id) => first.jobs.wait('ws_1', id)));
        await first.events.idle();
        for (const [n, job] of finished.entries()) {
          assert.deepEqual(ends.get(job.id), [job.state]);
          const { failures, maxAttempts, cancelled } = plans[n] ?? assert.fail();
          if (job.state === 'succeeded') assert.equal(job.result, n);
          if (!cancelled) assert.equal(job.state, failures < maxAttempts ? 'succeeded' : 'failed');
        }
        await Promise.all([first.jobs.stop(), second.jobs.stop(), first.events.stop()]);
      }),
      { numRuns: 15 },
    );
  });
});
