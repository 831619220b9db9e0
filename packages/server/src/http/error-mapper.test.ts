import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { errorTable, route } from '@esteira/contracts';
import { z } from 'zod';
import { esteiraError } from '../kernel/errors.ts';
import { bindRoute } from '../kernel/route-binding.ts';
import { openHttpEdge } from './http-server.fixture.ts';

const bodyLimit = 2048;
const secret = 'hunter2-in-the-stack';

const failing = route({
  id: 'test.fail',
  method: 'POST',
  path: '/api/v1/fail/:how',
  access: 'self',
  summary: 'Fails as told.',
  params: z.object({ how: z.string().max(20) }),
  query: z.object({ times: z.coerce.number().int().default(1) }),
  body: z.object({ name: z.string().optional() }),
  response: z.object({ ok: z.boolean() }),
});

let edge: Awaited<ReturnType<typeof openHttpEdge>>;
let credentials: { authorization: string };

before(async () => {
  edge = await openHttpEdge({
    config: { bodyLimit },
    routes: [
      bindRoute(failing, async ({ params }) => {
        if (params.how === 'known')
          throw esteiraError('STORAGE_BUSY', { path: 'here' }, new Error(`cause ${secret}`));
        if (params.how === 'full') throw Object.assign(new Error(secret), { code: 'ENOSPC' });
        if (params.how === 'foreign')
          throw Object.assign(new Error(secret), { statusCode: 418, code: 'TEAPOT', expose: true });
        if (params.how === 'text') throw secret;
        if (params.how === 'crash') throw new TypeError(`cannot read ${secret}`);
        return { ok: true };
      }),
    ],
  });
  credentials = await edge.credentials('viewer');
});

after(() => edge.close());

beforeEach(() => {
  edge.log.splice(0);
});

async function post(how: string, payload: string | object = {}, headers: Record<string, string> = {}) {
  const reply = await edge.app.inject({
    method: 'POST',
    url: `/api/v1/fail/${how}`,
    payload,
    headers: { ...credentials, 'content-type': 'application/json', ...headers },
  });
  return { reply, problem: reply.json() as Record<string, string> };
}

test('an error of the table is answered as problem details with its texts and an instance id', async () => {
  const { reply, problem } = await post('known');
  assert.equal(reply.statusCode, 503);
  assert.match(String(reply.headers['content-type']), /^application\/problem\+json/);
  const { instance, ...rest } = problem;
  assert.match(String(instance), /^err_/);
  const what = 'The data directory here is in use by another server.';
  const { why, todo } = errorTable.STORAGE_BUSY;
  assert.deepEqual(rest, {
    type: 'urn:esteira:error:STORAGE_BUSY',
    title: what,
    status: 503,
    detail: why,
    code: 'STORAGE_BUSY',
    what,
    why,
    todo,
    details: { path: 'here' },
  });
});

test('nothing of an unexpected error leaves the server, and the instance id finds it in the log', async () => {
  for (const how of ['crash', 'text', 'foreign', 'known']) {
    const { reply, problem } = await post(how);
    if (how !== 'known') {
      assert.equal(reply.statusCode, 500, how);
      assert.equal(problem.code, 'INTERNAL', how);
    }
    assert.ok(!reply.payload.includes(secret), how);
    assert.ok(!JSON.stringify(reply.headers).includes(secret), how);
    const line = edge.log.find(({ fields }) => fields.instance === problem.instance);
    assert.equal(line?.level, 'error', how);
    const { err } = line?.fields ?? {};
    assert.ok(String(err).includes(secret), how);
  }
});

test('a full disk is told as such, whatever layer met it', async () => {
  const { reply, problem } = await post('full');
  assert.equal(reply.statusCode, 507);
  assert.equal(problem.code, 'STORAGE_FULL');
  assert.ok(!reply.payload.includes(secret));
});

test('a JSON body over the limit is too large, announced or not', async () => {
  const large = JSON.stringify({ name: 'x'.repeat(bodyLimit) });
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    const { reply, problem } = await post('none', large, headers);
    assert.equal(reply.statusCode, 413);
    assert.equal(problem.code, 'BODY_TOO_LARGE');
    assert.match(String(problem.what), /2048 bytes/);
  }
});

test('malformed JSON is the caller’s mistake, and is not repeated to them', async () => {
  for (const body of ['{"name": ', '[', 'plain words', '', '{"__proto__": {"admin": true}}']) {
    const { reply, problem } = await post('none', body);
    assert.equal(reply.statusCode, 400, body);
    assert.equal(problem.code, 'INVALID_REQUEST', body);
    assert.ok(!reply.payload.includes('FST_'), body);
  }
});

test('a body that is nested deeper than any reader could follow is the caller’s mistake', async () => {
  const { reply, problem } = await post('none', `{"name":${'['.repeat(900)}${']'.repeat(900)}}`);
  assert.equal(reply.statusCode, 400);
  assert.equal(problem.what, 'The request is not valid: the body is nested more than 200 levels deep.');
});

test('a content type that is not taken is named', async () => {
  for (const type of ['application/xml', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense']) {
    const { reply, problem } = await post('none', 'a=b', { 'content-type': type });
    assert.equal(reply.statusCode, 415, type);
    assert.equal(problem.code, 'UNSUPPORTED_MEDIA_TYPE');
    assert.equal(problem.what, `The content type ${type} is not accepted here.`);
  }
});

test('a request that breaks its schema is told where', async () => {
  const wrongBody = await post('none', { name: 7 });
  assert.equal(wrongBody.reply.statusCode, 400);
  assert.match(String(wrongBody.problem.what), /body\.name: /);
  const wrongPath = await post('x'.repeat(21));
  assert.match(String(wrongPath.problem.what), /path\.how: /);
  const wrongQuery = await post('none?times=often');
  assert.match(String(wrongQuery.problem.what), /query\.times: /);
});

test('an unknown path or method tells a stranger nothing, and a known caller that it is not there', async () => {
  for (const [method, url] of [
    ['GET', '/api/v1/nowhere'],
    ['GET', '/api/v1/fail/known'],
    ['DELETE', '/'],
    ['GET', '/../etc/passwd'],
    ['PUT', '/health'],
    ['OPTIONS', '/api/v1/fail/known'],
  ] as const) {
    const stranger = await edge.app.inject({ method, url });
    assert.equal(stranger.statusCode, 401, `${method} ${url}`);
    assert.equal(stranger.json().code, 'UNAUTHENTICATED');
    assert.equal(stranger.headers['www-authenticate'], 'Bearer realm="esteira"');
    const known = await edge.app.inject({ method, url, headers: credentials });
    assert.equal(known.statusCode, 404, `${method} ${url}`);
    assert.equal(known.json().code, 'ROUTE_NOT_FOUND');
  }
});

test('the query string, which may hold a secret, is not in the answer about an unknown path', async () => {
  const reply = await edge.app.inject({ url: '/nowhere?token=abc123', headers: credentials });
  assert.ok(!reply.payload.includes('abc123'));
});

test('a path that cannot be decoded is answered by the table too, with the headers of every answer', async () => {
  for (const url of ['/api/v1/fail/%zz', '/%', `/api/v1/fail/${'x'.repeat(600)}`]) {
    const reply = await edge.app.inject({ method: 'POST', url });
    assert.equal(reply.statusCode, 400, url);
    assert.equal(reply.json().code, 'INVALID_REQUEST', url);
    assert.match(String(reply.json().instance), /^err_/, url);
    assert.equal(reply.headers['x-content-type-options'], 'nosniff', url);
    assert.ok(!reply.payload.includes('FST_'), url);
  }
});

test('bytes that are no HTTP request get a status and nothing else of the framework', async () => {
  const { port } = await edge.http.listen();
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.end('NONSENSE\r\n\r\n'));
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.ok(!answer.includes('FST_') && !answer.includes('HPE_'));
});
