import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RouteDefinition, route } from '@esteira/contracts';
import { z } from 'zod';
import { createLogger, type Logger } from '../kernel/logger.ts';
import { bindRoute } from '../kernel/route-binding.ts';
import { openHttpEdge } from './http-server.fixture.ts';

const echo = route({
  id: 'test.echo',
  method: 'POST',
  path: '/api/v1/echo/:name',
  access: 'self',
  summary: 'For tests.',
  params: z.object({ name: z.string() }),
  query: z.object({ note: z.string().optional(), waitSeconds: z.coerce.number().optional() }),
  body: z.object({ fails: z.boolean().default(false), text: z.string().default('') }),
  response: z.object({ requestId: z.string() }),
}) satisfies RouteDefinition;

/** The edge with the real logger at its most talkative, and the lines it wrote. */
async function open() {
  const lines: Record<string, unknown>[] = [];
  const logger: Logger = createLogger('debug', {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const edge = await openHttpEdge({
    logger,
    routes: [
      bindRoute(echo, async ({ body }, context) => {
        logger.info({}, 'inside');
        if (body.fails) throw new Error(`at postgres://user:${body.text}@host/db`);
        return { requestId: context.requestId };
      }),
    ],
  });
  const text = () => JSON.stringify(lines);
  return { edge, lines, text, requests: () => lines.filter(({ msg }) => msg === 'request') };
}

test('a request has one line, with its id, route, status, time and who asked', async () => {
  const { edge, requests, lines } = await open();
  try {
    const headers = await edge.credentials('viewer');
    const reply = await edge.app.inject({
      method: 'POST',
      url: '/api/v1/echo/x?note=1',
      headers,
      payload: {},
    });
    const requestId = reply.headers['x-request-id'];
    assert.match(String(requestId), /^req_/);
    assert.equal(reply.json().requestId, requestId);
    const [line, ...others] = requests();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [line?.requestId, line?.method, line?.route, line?.status, typeof line?.ms],
      [requestId, 'POST', '/api/v1/echo/:name', 200, 'number'],
    );
    assert.match(String(line?.actor), /^\w+_\w+$/);
    const inside = lines.find(({ msg }) => msg === 'inside');
    assert.equal(inside?.requestId, requestId, 'lines written on the way carry the id too');
  } finally {
    await edge.close();
  }
});

test('the caller may name its request, by an id or by its trace, and nothing else gets into the log that way', async () => {
  const { edge } = await open();
  try {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const named = async (headers: Record<string, string>) =>
      (await edge.app.inject({ url: '/health', headers })).headers['x-request-id'];
    assert.equal(await named({ 'x-request-id': 'build-7/step.2' }), 'build-7/step.2');
    assert.equal(await named({ traceparent: `00-${trace}-b7ad6b7169203331-01` }), trace);
    assert.equal(
      await named({ 'x-request-id': 'mine', traceparent: `00-${trace}-b7ad6b7169203331-01` }),
      'mine',
    );
    for (const bad of ['', 'with space', '"quoted"', 'x'.repeat(129), 'ctrl\u0001', '{json}']) {
      assert.match(String(await named({ 'x-request-id': bad })), /^req_/, bad);
    }
    for (const bad of [
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      'nonsense',
      `ff-${trace}-b7ad6b7169203331-01`,
    ]) {
      assert.match(String(await named({ traceparent: bad })), /^req_/, bad);
    }
  } finally {
    await edge.close();
  }
});

test('probes and polls are quiet, unless they fail', async () => {
  const { edge, requests } = await open();
  try {
    const headers = await edge.credentials('viewer');
    await edge.app.inject({ url: '/health' });
    await edge.app.inject({ url: '/ready' });
    const poll = { method: 'POST', url: '/api/v1/echo/x?waitSeconds=1', headers } as const;
    await edge.app.inject({ ...poll, payload: {} });
    assert.deepEqual(new Set(requests().map(({ level }) => level)), new Set([20]));
    await edge.app.inject({ ...poll, payload: { fails: true } });
    const line = requests().at(-1);
    assert.deepEqual([line?.status, line?.level], [500, 30]);
  } finally {
    await edge.close();
  }
});

test('no token, body, query, cookie or password is ever logged, whatever happens', async () => {
  const { edge, lines, text } = await open();
  try {
    const { authorization } = await edge.credentials('viewer');
    const secret = 'hunter2hunter2hunter2';
    const headers = { authorization, cookie: `esteira_session=ess_${secret}`, 'x-esteira-csrf': secret };
    const url = `/api/v1/echo/x?note=${secret}&access_token=${secret}`;
    await edge.app.inject({ method: 'POST', url, headers, payload: { text: secret } });
    const failed = await edge.app.inject({
      method: 'POST',
      url,
      headers,
      payload: { text: secret, fails: true },
    });
    await edge.app.inject({ method: 'POST', url, headers, payload: `{"text":"${secret}"` });
    await edge.app.inject({ method: 'POST', url, headers, payload: { text: 7, [secret]: true } });
    await edge.app.inject({ url: `/nowhere/${secret}`, headers });
    await edge.app.inject({ url: '/api/v1/me', headers: { authorization: `Bearer est_${secret}` } });
    await edge.app.inject({ method: 'POST', url: '/api/v1/sign-in', payload: { secret: `esl_${secret}` } });
    assert.ok(lines.length > 6);
    assert.deepEqual(
      lines.filter((line) => JSON.stringify(line).includes(secret)),
      [],
    );
    assert.ok(!text().includes(authorization.slice(7)));
    // What the client saw leads to the cause.
    const { instance } = failed.json();
    assert.equal(lines.filter((line) => line.instance === instance && line.level === 50).length, 1);
  } finally {
    await edge.close();
  }
});
