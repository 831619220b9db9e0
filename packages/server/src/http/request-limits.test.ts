import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createLeasedLimits, scheduleWithTimers } from '@esteira/model-server/leased-limits';
import { createMemoryLimitStore } from '../storage/limits/memory/memory-limit-store.ts';
import { openHttpEdge } from './http-server.fixture.ts';

const open: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Two replicas that share one store, on a clock that stands still. */
async function openReplicas() {
  const store = createMemoryLimitStore({ clock: { now: () => 1_000_000 } });
  const replicas = [];
  for (const name of ['a', 'b']) {
    const limits = createLeasedLimits({
      exchange: (requests) => store.exchange('requests', name, requests),
      leave: () => store.leave('requests', name),
      now: () => 1_000_000,
      schedule: scheduleWithTimers,
      timeoutMs: 1_000,
      assumedHolders: 2,
    });
    const edge = await openHttpEdge({ limits, config: { trustedProxy: true } });
    open.push({ close: async () => Promise.all([edge.close(), limits.stop()]) });
    replicas.push(edge);
  }
  return replicas;
}

async function signIn(edge: Awaited<ReturnType<typeof openHttpEdge>>, address: string) {
  return await edge.app.inject({
    method: 'POST',
    url: '/api/v1/sign-in',
    headers: { 'x-forwarded-for': address },
    payload: { secret: 'a guess' },
  });
}

test('an address may try to sign in twenty times at all replicas together, then has to wait', async () => {
  const replicas = await openReplicas();
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 30; attempt++) {
    const edge = replicas[attempt % 2] ?? assert.fail();
    statuses.push((await signIn(edge, '203.0.113.7')).statusCode);
  }
  assert.equal(statuses.filter((status) => status === 429).length, 10);
  const [edge] = replicas;
  if (edge === undefined) assert.fail();
  const refused = await signIn(edge, '203.0.113.7');
  assert.equal(refused.json().code, 'TOO_MANY_REQUESTS');
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  assert.notEqual((await signIn(edge, '203.0.113.8')).statusCode, 429);
});

test('the addresses of one IPv6 network count as one', async () => {
  const [edge] = await openReplicas();
  if (edge === undefined) assert.fail();
  for (let attempt = 0; attempt < 20; attempt++) await signIn(edge, `2001:db8:1:2::${attempt}`);
  assert.equal((await signIn(edge, '2001:db8:1:2:a:b:c:d')).statusCode, 429);
  assert.notEqual((await signIn(edge, '2001:db8:1:3::1')).statusCode, 429);
});

test('a token that asks too much is told when to come back, and holds up nobody else', async () => {
  const asked: string[] = [];
  const edge = await openHttpEdge({
    limits: {
      take(limit) {
        asked.push(limit);
        return limit === asked[0] ? { admitted: false, retryAfterMs: 1_500 } : { admitted: true };
      },
    },
  });
  open.push(edge);
  const [first, second] = [await edge.credentials('viewer'), await edge.credentials('viewer')];
  const me = (headers: { authorization: string }) => edge.app.inject({ url: '/api/v1/me', headers });
  const refused = await me(first);
  assert.equal(refused.statusCode, 429);
  assert.equal(refused.headers['retry-after'], '2');
  assert.equal((await me(second)).statusCode, 200);
  assert.equal((await me(first)).statusCode, 429);
  assert.match(asked[0] ?? '', /^request:tok_/);
  assert.equal((await edge.app.inject({ url: '/health' })).statusCode, 200);
  assert.equal((await edge.app.inject({ url: '/api/v1/me' })).statusCode, 401);
  assert.equal(asked.length, 3);
});
