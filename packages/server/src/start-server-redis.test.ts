import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startQuietServer } from './quiet-server.fixture.ts';
import type { RunningServer } from './start-server.ts';
import { startRedisServer } from './storage/redis/redis-server.fixture.ts';

const token = `owner${'t'.repeat(40)}`;
let directory: string;
let redis: Awaited<ReturnType<typeof startRedisServer>>;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'esteira-redis-start-'));
  redis = await startRedisServer({ password: 'sesame' });
});
after(async () => {
  await redis.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(name: string, redisUrl: string): Promise<RunningServer> {
  const dataDir = join(directory, name);
  return await startQuietServer({ dataDir, drainSeconds: 1, bootstrapToken: token, redisUrl });
}

async function readiness(server: RunningServer): Promise<string> {
  const answer = await fetch(`${server.url}/ready`);
  return `${answer.status} ${await answer.text()}`;
}

async function whoAmI(server: RunningServer): Promise<number> {
  return (await fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })).status;
}

test('a server works with Redis, without it when it goes, and with it when it is back', async () => {
  const server = await start('whole', redis.url);
  try {
    assert.equal(await readiness(server), '200 OK');
    assert.equal(await whoAmI(server), 200);
    await redis.stop();
    while ((await readiness(server)) !== '200 DEGRADED') await pause(50);
    for (let times = 0; times < 20; times++) assert.equal(await whoAmI(server), 200);
    await redis.start();
    while ((await readiness(server)) !== '200 OK') await pause(50);
    assert.equal(await whoAmI(server), 200);
  } finally {
    await server.close();
  }
});

test('a server starts without its Redis, but not with a password that it refuses', async () => {
  const server = await start('alone', 'redis://127.0.0.1:1/0');
  try {
    assert.equal(await readiness(server), '200 DEGRADED');
    assert.equal(await whoAmI(server), 200);
  } finally {
    await server.close();
  }
  const wrong = redis.url.replace('sesame', 'wrong');
  await assert.rejects(start('wrong', wrong), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'BAD_CONFIG');
    assert.doesNotMatch(error.message, /wrong@|sesame/);
    return true;
  });
});
