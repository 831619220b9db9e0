import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { jobsApi } from '@esteira/contracts';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { Jobs } from './job.ts';
import { ana, enqueue, makeQueue } from './job-queue.fixture.ts';
import { createJobsRoutes } from './jobs-routes.ts';

describe('the routes of jobs', () => {
  let database: SqlDatabase;
  let jobs: Jobs;
  before(async () => {
    database = await openTestDatabase();
    jobs = makeQueue(database).jobs;
    jobs.register('quick', async ({ job }) => job.payload);
    await jobs.start();
  });
  after(async () => {
    await jobs.stop();
    await database.close();
  });

  function call(id: string, request: unknown): Promise<unknown> {
    const binding = createJobsRoutes({ jobs, database }).find(({ route }) => route.id === id);
    assert.ok(binding);
    return binding.handle(request, ana, new AbortController().signal);
  }

  it('page through the jobs of the workspace, newest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await enqueue(database, jobs, 'listed', n));
    await enqueue(database, jobs, 'listed', 'foreign', {}, { ...ana, workspace: 'ws_2' });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 2, kind: 'listed', ...(cursor === undefined ? {} : { cursor }) };
      const page = jobsApi.list.response.parse(await call('jobs.list', { query }));
      seen.push(...page.items.map((job) => job.id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, ids.toReversed());
  });

  it('list by state', async () => {
    const id = await enqueue(database, jobs, 'quick', 1);
    await jobs.wait('ws_1', id);
    const page = jobsApi.list.response.parse(
      await call('jobs.list', { query: { limit: 100, state: 'succeeded', kind: 'quick' } }),
    );
    assert.deepEqual(
      page.items.map((job) => job.id),
      [id],
    );
  });

  it('answer with the end of a job to one who waits, or with its state when the time is over', async () => {
    const id = await enqueue(database, jobs, 'quick', { n: 1 });
    const done = jobsApi.get.response.parse(
      await call('jobs.get', { params: { id }, query: { waitSeconds: 30 } }),
    );
    assert.deepEqual([done.state, done.result], ['succeeded', { n: 1 }]);
    const stuck = await enqueue(database, jobs, 'nobody-runs-this');
    const still = jobsApi.get.response.parse(
      await call('jobs.get', { params: { id: stuck }, query: { waitSeconds: 0.01 } }),
    );
    assert.equal(still.state, 'queued');
  });

  it('cancel a job and answer with what became of it', async () => {
    const id = await enqueue(database, jobs, 'nobody-runs-this');
    const job = jobsApi.cancel.response.parse(await call('jobs.cancel', { params: { id } }));
    assert.equal(job.state, 'cancelled');
  });

  it('answer JOB_NOT_FOUND for what the workspace does not have', async () => {
    for (const route of ['jobs.get', 'jobs.cancel']) {
      const request = { params: { id: 'job_none' }, query: { waitSeconds: 0 } };
      await assert.rejects(call(route, request), { code: 'JOB_NOT_FOUND' });
    }
  });
});
