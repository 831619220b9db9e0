import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from '../storage/sql/open-test-database.ts';
import { registerCleanUp } from './clean-up.ts';
import { enqueue, makeQueue } from './job-queue.fixture.ts';

const dayMs = 86_400_000;

test('the night forgets jobs that ended a month ago, and leaves those that wait, run or ended since', async () => {
  const database = await openTestDatabase();
  const clock = { time: Date.parse('2026-03-01T12:00:00Z'), now: () => clock.time };
  const began: number[] = [];
  const { jobs, events } = makeQueue(database, {
    clock,
    resolveActor: async () => ({
      id: 'system',
      kind: 'system',
      name: 'Esteira',
      roles: [],
      permissions: new Set(),
    }),
  });
  jobs.register('quick', async () => null);
  registerCleanUp({
    jobs,
    database,
    clock,
    events,
    workspace: 'ws_1',
    also: [async (now) => void began.push(now)],
  });
  await jobs.start();
  const old = await enqueue(database, jobs, 'quick');
  await jobs.wait('ws_1', old);
  const waiting = await enqueue(database, jobs, 'nobody-does-this');
  clock.time += 20 * dayMs;
  const young = await enqueue(database, jobs, 'quick');
  await jobs.wait('ws_1', young);
  clock.time += 11 * dayMs;
  while (!began.includes(clock.time)) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await jobs.find('ws_1', old), undefined);
  assert.equal((await jobs.find('ws_1', young))?.state, 'succeeded');
  assert.equal((await jobs.find('ws_1', waiting))?.state, 'queued');
  await jobs.stop();
  await database.close();
});
