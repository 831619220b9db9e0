import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { DataPlaneStatus } from '@esteira/contracts';
import { systemClock } from '../../kernel/clock.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import type { EndpointRecord } from '../endpoints/endpoint-store.ts';
import { createServingNews } from '../news.ts';
import { makeStatus } from './data-plane-status.fixture.ts';
import { createLiveCounts } from './live-counts.ts';
import { saveStatus } from './status-store.ts';

const sql = await openTestDatabase();
const news = createServingNews(sql);
const require = async (_workspace: string, name: string) => ({ name, revision: 3 }) as EndpointRecord;
const liveCounts = createLiveCounts({ sql, clock: systemClock, news, endpoints: { require } });
const { signal } = new AbortController();

after(() => sql.close());

function status(source: string, requests: number): DataPlaneStatus {
  const arm = { arm: 'primary', predictor: 'rule', requests, rows: requests, errors: 0, fallbacks: 0 };
  return makeStatus(source, {
    load: { machine: 'm', utilization: 0, running: 1, waiting: 2 },
    endpoints: [
      {
        name: 'churn',
        revision: 3,
        wantedRevision: 3,
        problem: null,
        answered: requests,
        shadowDropped: 0,
        standbyReady: [],
        callers: [],
        arms: [{ ...arm, latency: { 10: requests } }],
      },
    ],
  });
}

async function report(said: DataPlaneStatus): Promise<void> {
  await sql.transaction(async (tx) => {
    await saveStatus(tx, 'ws_1', { status: said, seenAt: systemClock.now() });
    news.announce(tx, 'ws_1');
  });
}

test('counts of all processes are told at once to whoever knows no mark', async () => {
  await report(status('one', 5));
  await report(status('two', 7));
  const { revision, processes, running, waiting } = await liveCounts('ws_1', 'churn', {
    waitMs: 20_000,
    signal,
  });
  assert.deepEqual([revision, running, waiting], [3, 2, 4]);
  assert.deepEqual(
    processes.map(({ source, arms }) => [source, arms[0]?.requests]),
    [
      ['one', 5],
      ['two', 7],
    ],
  );
});

test('whoever knows the mark waits until a process has counted more, and a report of nothing new is no news', async () => {
  const { mark } = await liveCounts('ws_1', 'churn', { waitMs: 0, signal });
  await report(status('two', 7));
  assert.equal((await liveCounts('ws_1', 'churn', { mark, waitMs: 0, signal })).mark, mark);
  const waiting = liveCounts('ws_1', 'churn', { mark, waitMs: 600_000, signal });
  await report(status('two', 8));
  const { processes } = await waiting;
  assert.equal(processes[1]?.arms[0]?.requests, 8);
});

test('whoever waits no more is answered with what is known', async () => {
  const gone = new AbortController();
  const { mark } = await liveCounts('ws_1', 'churn', { waitMs: 0, signal });
  const waiting = liveCounts('ws_1', 'churn', { mark, waitMs: 600_000, signal: gone.signal });
  gone.abort();
  assert.equal((await waiting).mark, mark);
});
