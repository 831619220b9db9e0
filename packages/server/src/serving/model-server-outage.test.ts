import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Endpoint, InferenceKey } from '@esteira/contracts';
import { spawnModelServer } from './data-plane/spawn-model-server.ts';
import { ask } from './inference-traffic.fixture.ts';
import { ana, openServingFixture } from './serving.fixture.ts';

type Fixture = Awaited<ReturnType<typeof openServingFixture>>;

describe('an outage', () => {
  it('of the model server loses no prediction that was answered, and ends by itself', async () => {
    const { fixture, key } = await openEndpoint();
    const before = await servedBy(fixture, () => true);
    const answered = new Set<string>();
    const target = { url: before.httpUrl, endpoint: 'late-flights', key };
    const sending = Array.from({ length: 3 }, async () => {
      try {
        for (;;) answered.add(`${(await ask(target, { data: [1, 2, 3] })).body.parameters?.prediction_id}-0`);
      } catch {
        return;
      }
    });
    while (answered.size < 100) await pause(5);
    process.kill(before.pid, 'SIGKILL');
    await Promise.all(sending);
    const after = await servedBy(fixture, (server) => server.pid !== before.pid);
    assert.equal((await ask({ ...target, url: after.httpUrl }, { data: [1, 2, 3] })).status, 200);
    const logged = await loggedIds(fixture, answered.size);
    assert.deepEqual(
      [...answered].filter((id) => !logged.has(id)),
      [],
    );
    await fixture.close();
  });

  it('of the control plane stops nobody, and its successor takes the server over with its predictions', async () => {
    const { fixture, key } = await openEndpoint({ start: false });
    const directory = join(
      fixture.directory,
      'serving',
      'model-servers',
      Buffer.from(ana.workspace).toString('base64url'),
    );
    // What a control plane leaves behind that was killed: its model server, told by a snapshot, with nobody to ship to.
    const first = spawnModelServer({
      ESTEIRA_MODEL_SERVER_DIR: directory,
      ESTEIRA_SERVING_PORT: '0',
      ESTEIRA_LOG_LEVEL: 'silent',
      ESTEIRA_STATUS_INTERVAL_MS: '100',
      ESTEIRA_URL: fixture.controlPlaneUrl,
      ESTEIRA_TOKEN: fixture.token,
    });
    const { httpUrl } = await first.listening;
    const target = { url: httpUrl, endpoint: 'late-flights', key };
    while ((await ask(target, { data: [1, 2, 3] })).status === 401) await pause(20);
    fixture.disconnect();
    const answered = new Set<string>();
    for (let request = 0; request < 20; request++) {
      const { body } = await ask(target, { data: [1, 2, 3] });
      assert.equal(body.code, 'MODEL_NOT_READY');
      answered.add(String(request));
    }
    fixture.reconnect();
    await fixture.serving.start();
    await first.ended;
    const after = await servedBy(fixture, (server) => server.httpUrl !== httpUrl);
    assert.equal(
      (await ask({ ...target, url: after.httpUrl }, { data: [1, 2, 3] })).body.code,
      'MODEL_NOT_READY',
    );
    for (let tries = 0; tries < 200; tries++) {
      const { served, logged } = await fixture.call<{ served: number; logged: number }>(
        'serving.reconciliation',
        { params: { name: 'late-flights' } },
      );
      if (served === logged && logged >= answered.size + 1) break;
      await pause(50);
    }
    const { served, logged } = await fixture.call<{ served: number; logged: number }>(
      'serving.reconciliation',
      { params: { name: 'late-flights' } },
    );
    assert.equal(served, logged);
    assert.ok(logged >= answered.size + 1, String(logged));
    await fixture.close();
    await rm(directory, { recursive: true, force: true });
  });
});

async function openEndpoint(
  options: { start: boolean } = { start: true },
): Promise<{ fixture: Fixture; key: string }> {
  const fixture = await openServingFixture();
  const version = await fixture.registerVersion(1);
  if (options.start) await fixture.serving.start();
  await fixture.call('serving.createEndpoint', {
    body: { name: 'late-flights', project: 'flights', stage: 'development', model: 'delays' },
  });
  const { key } = await fixture.call<InferenceKey & { key: string }>('serving.createKey', {
    params: { name: 'late-flights' },
    body: { name: 'test', requestsPerSecond: 100_000, burst: 100_000 },
  });
  if (options.start) {
    const done = await fixture.change('serving.promote', {
      endpoint: 'late-flights',
      modelVersionId: version.id,
    });
    assert.equal(done.state, 'succeeded');
  }
  return { fixture, key };
}

/** The model server that serves the newest revision, once one does that is wanted. */
async function servedBy(
  fixture: Fixture,
  wanted: (server: { pid: number; httpUrl: string }) => boolean,
): Promise<{ pid: number; httpUrl: string }> {
  for (;;) {
    const shown = await fixture.call<Endpoint>('serving.endpoint', { params: { name: 'late-flights' } });
    const [row] = await fixture.sql
      .query<{ data_planes: { status: string; seen_at: number } }>()
      .selectFrom('data_planes')
      .select('status')
      .orderBy('seen_at', 'desc')
      .execute();
    const status = JSON.parse(row?.status ?? '{}') as { pid: number; httpUrl: string };
    if (shown.served?.ready && shown.served.revision === shown.revision && wanted(status)) return status;
    await pause(25);
  }
}

async function loggedIds(fixture: Fixture, atLeast: number): Promise<Set<unknown>> {
  for (let tries = 0; ; tries++) {
    const { from } = await fixture.serving.predictions.open(ana.workspace, 'late-flights', {});
    const rows = await fixture.tables.query(`select prediction_id from ${from}`);
    if (rows.length >= atLeast || tries > 200) return new Set(rows.map((row) => row.prediction_id));
    await pause(50);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
