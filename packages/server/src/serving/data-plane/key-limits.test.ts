import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { InferenceKey, KeySlices } from '@esteira/contracts';
import { ask } from '../inference-traffic.fixture.ts';
import { openServingFixture } from '../serving.fixture.ts';
import { type ModelServerProcess, spawnModelServer } from './spawn-model-server.ts';

const endpoint = 'late-flights';

describe('the limit of an inference key that two model servers serve', () => {
  let fixture: Awaited<ReturnType<typeof openServingFixture>>;
  const servers: ModelServerProcess[] = [];
  const urls: string[] = [];

  async function createKey(
    requestsPerSecond: number,
    burst: number,
    quota: { quotaPerDay?: number } = {},
  ): Promise<InferenceKey & { key: string }> {
    const made = await fixture.call<InferenceKey & { key: string }>('serving.createKey', {
      params: { name: endpoint },
      body: { name: 'test', requestsPerSecond, burst, ...quota },
    });
    for (const url of urls) while ((await status(url, made.key)) === 401) await pause(20);
    return made;
  }

  // Asks what no limit counts: whether the key is known.
  async function status(url: string, key: string): Promise<number> {
    const answer = await fetch(`${url}/v2`, { headers: { authorization: `Bearer ${key}` } });
    await answer.arrayBuffer();
    return answer.status;
  }

  async function admitted(url: string, key: string, requests: number): Promise<number> {
    const answers = await Promise.all(
      Array.from({ length: requests }, () => ask({ url, endpoint, key }, { data: [1, 2, 3] })),
    );
    return answers.filter((answer) => answer.status !== 429).length;
  }

  before(async () => {
    fixture = await openServingFixture();
    await fixture.call('serving.createEndpoint', {
      body: { name: endpoint, project: 'flights', stage: 'development', model: await registerModel() },
    });
    for (const name of ['one', 'two']) {
      const server = spawnModelServer({
        ESTEIRA_URL: fixture.controlPlaneUrl,
        ESTEIRA_TOKEN: fixture.token,
        ESTEIRA_MODEL_SERVER_DIR: join(fixture.directory, name),
        ESTEIRA_SERVING_PORT: '0',
        ESTEIRA_LOG_LEVEL: 'silent',
      });
      servers.push(server);
      urls.push((await server.listening).httpUrl);
    }
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop(5_000)));
    await fixture.close();
  });

  async function registerModel(): Promise<string> {
    return (await fixture.registerVersion(1)).model;
  }

  it('admits as many in all as the key allows, however they fall on the servers', async () => {
    const totals: number[] = [];
    // What a server leased by an answer that came too late is nobody's, so that less is admitted: then another key tells.
    while (totals.length < 5 && !totals.some((total) => total >= 57)) totals.push(await admittedInAll(60));
    assert.ok(Math.max(...totals) <= 63 && Math.max(...totals) >= 57, `${totals} of 60 admitted`);
  });

  async function admittedInAll(burst: number): Promise<number> {
    const { key } = await createKey(0.001, burst);
    let total = 0;
    // What one server holds unused comes back to the other within the lease, so that in the end nothing is left over.
    for (let empty = 0; empty < 3; ) {
      let round = 0;
      for (const [index, url] of urls.entries()) round += await admitted(url, key, 20 - 10 * index);
      total += round;
      empty = round === 0 ? empty + 1 : 0;
      if (round === 0) await pause(1_000);
    }
    return total;
  }

  it('is what the key says, not what a model server says, and nothing once the key is revoked', async () => {
    const made = await createKey(0.001, 10);
    const request = { left: 0, returned: 0, wanted: 1_000, least: 1, known: false };
    const lease = () =>
      fixture.call<KeySlices>('serving.keySlices', {
        body: { source: 'greedy', requests: [{ key: made.id, ...request }] },
      });
    assert.equal((await lease()).slices[0]?.extra, 10);
    await fixture.call('serving.revokeKey', { params: { name: endpoint, id: made.id } });
    assert.deepEqual((await lease()).slices, []);
  });

  it('goes on within each server’s own part while the control plane is away', async () => {
    const { key } = await createKey(1_000, 1_000);
    for (const url of urls) assert.equal(await admitted(url, key, 5), 5);
    fixture.disconnect();
    for (const url of urls) {
      let some = 0;
      while (some < 200) some += await admitted(url, key, 20);
    }
    fixture.reconnect();
  });

  it('of a day is told with the key: what is left of it, once the server that admitted some has said so', async () => {
    const made = await createKey(1_000, 1_000, { quotaPerDay: 100 });
    const left = async () => {
      const { items } = await fixture.call<{ items: (InferenceKey & { quotaLeft: number | null })[] }>(
        'serving.keys',
        { params: { name: endpoint } },
      );
      return items.find(({ id }) => id === made.id)?.quotaLeft;
    };
    assert.equal(await left(), 100);
    const [url = ''] = urls;
    let some = 0;
    for (; some < 5; await pause(20)) some += await admitted(url, made.key, 5 - some);
    while ((await left()) !== 100 - some) await pause(20);
  });

  it('of a day admits what was leased while the control plane is away, then tells when to ask again', async () => {
    const { key } = await createKey(1_000, 1_000, { quotaPerDay: 100 });
    const [url = ''] = urls;
    let some = 0;
    // The server was alone a moment ago: its first question for a share may still be waiting.
    for (; some < 5; await pause(20)) some += await admitted(url, key, 5 - some);
    const codeOf = async () => (await ask({ url, endpoint, key }, { data: [1, 2, 3] })).body.code;
    fixture.disconnect();
    // What is over the rate for a moment counts for no day.
    for (let code = await codeOf(); code !== 'QUOTA_NOT_LEASED'; code = await codeOf())
      if (code !== 'RATE_LIMITED') some += 1;
    assert.ok(some <= 100, `${some} were admitted`);
    fixture.reconnect();
    while ((await codeOf()) === 'QUOTA_NOT_LEASED') await pause(20);
  });
});
