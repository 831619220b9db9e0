import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { ApiError } from './api-error.ts';
import { createClient } from './client.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the next request is answered with, and what was asked. */
let answer = { status: 200, type: 'application/json', body: '{}' };
let seen: Seen | undefined;
const server = createServer(async (request, response) => {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  seen = {
    method: request.method,
    url: request.url,
    headers: request.headers,
    body: Buffer.concat(parts).toString(),
  };
  response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
});
let url = '';
before(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/` : '';
});
after(() => server.close());

test('parameters are escaped, queries are written out, and the token is sent', async () => {
  answer = { status: 200, type: 'application/json', body: '{"items":[]}' };
  await createClient({ url, token: 'secret' }).datasets.listFiles({
    params: { name: 'a/b c' },
    query: { limit: 5 },
  });
  assert.equal(seen?.method, 'GET');
  assert.equal(seen?.url, '/api/v1/datasets/a%2Fb%20c/files?limit=5');
  assert.equal(seen?.headers.authorization, 'Bearer secret');
  assert.equal(seen?.body, '');
});

test('a page sends the token of its session instead, asked for at each call', async () => {
  answer = { status: 200, type: 'application/json', body: '{}' };
  let csrfToken: string | undefined;
  const client = createClient({ url, csrfToken: () => csrfToken });
  await client.governance.signOut();
  assert.equal(seen?.headers['x-esteira-csrf'], undefined);
  csrfToken = 'later';
  await client.governance.signOut();
  assert.equal(seen?.headers['x-esteira-csrf'], 'later');
});

test('bytes are streamed up and down', async () => {
  answer = {
    status: 201,
    type: 'application/json',
    body: JSON.stringify({ path: 'a.txt', digest: `sha256:${'0'.repeat(64)}`, size: 5, createdAt: 0 }),
  };
  const body = Readable.from([Buffer.from('he'), Buffer.from('llo')]);
  await createClient({ url }).tracking.putArtifact({
    params: { id: 'run_1' },
    query: { path: 'a.txt' },
    body,
  });
  assert.equal(seen?.body, 'hello');
  assert.equal(seen?.headers['content-type'], 'application/octet-stream');

  answer = { status: 200, type: 'application/octet-stream', body: 'whole file' };
  const received: Uint8Array[] = [];
  for await (const part of await createClient({ url }).datasets.download({ params: { id: 'dsv_1' } }))
    received.push(part);
  assert.equal(Buffer.concat(received).toString(), 'whole file');
});

test('an entry of the error table arrives whole', async () => {
  const problem = {
    code: 'DATASET_NOT_FOUND',
    what: 'There is no dataset x.',
    why: 'Wrong.',
    todo: 'List.',
    instance: 'err_1',
    details: { name: 'x' },
  };
  answer = { status: 404, type: 'application/problem+json', body: JSON.stringify(problem) };
  await assert.rejects(createClient({ url }).datasets.get({ params: { name: 'x' } }), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.message, 'There is no dataset x.');
    assert.deepEqual(
      [error.status, error.code, error.todo, error.instance],
      [404, 'DATASET_NOT_FOUND', 'List.', 'err_1'],
    );
    assert.deepEqual(error.details, { name: 'x' });
    return true;
  });
});

test('an error page of a proxy is an error with its status', async () => {
  answer = { status: 502, type: 'text/html', body: '<h1>Bad gateway</h1>' };
  await assert.rejects(createClient({ url }).governance.me(), {
    name: 'ApiError',
    status: 502,
    code: 'UNKNOWN',
  });
});

test('an answer that the contract does not know is refused rather than passed on', async () => {
  answer = { status: 200, type: 'application/json', body: '{"items":[{"id":7}]}' };
  await assert.rejects(createClient({ url }).datasets.list({}), { name: 'ZodError' });
});

test('a call can be given up', async () => {
  const aborted = AbortSignal.abort();
  await assert.rejects(createClient({ url }).governance.me({}, { signal: aborted }), { name: 'AbortError' });
});
