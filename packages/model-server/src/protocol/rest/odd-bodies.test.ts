import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request as send } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { makeEndpoint, makeServerDirectory, matrix } from '../../model-server.fixture.ts';
import type { RunningModelServer } from '../../start-model-server.ts';
import { startServer } from '../../started-server.fixture.ts';

const infer = '/v2/models/late-flights/infer';
/** Each protocol's path, with a question to it and the words for an error there. */
const wires: readonly [string, unknown, string][] = [
  [infer, matrix([[1, 2, 3]]), 'error'],
  ['/predict/late-flights', { rows: [{ distance: 1, hour: 2, wind: 3 }] }, 'error'],
  ['/models/late-flights/invocations', { inputs: [[1, 2, 3]] }, 'message'],
  ['/v1/models/late-flights:predict', { instances: [[1, 2, 3]] }, 'error'],
  ['/predictions/late-flights', [[1, 2, 3]], 'message'],
];

describe('bodies and requests that are not the usual ones', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    server = await startServer(files.directory);
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  /** Sends over a connection of its own, with these headers and no others beside key and host. */
  async function ask(
    path: string,
    body: Buffer | string | undefined,
    { headers, ...options }: RequestOptions & { headers?: Readonly<Record<string, string>> } = {},
  ) {
    const sent = send(server.httpUrl + path, {
      method: 'POST',
      agent: false,
      ...options,
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers },
    });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = (await response.setEncoding('utf8').toArray()).join('');
    return { status: response.statusCode, headers: response.headers, text };
  }

  for (const [path, question, word] of wires) {
    it(`may be packed, and unpack to no more than the endpoint takes: ${path}`, async () => {
      const text = JSON.stringify(question);
      for (const [coding, body] of [
        ['gzip', gzipSync(text)],
        ['GZIP', gzipSync(text)],
        ['x-gzip', gzipSync(text)],
        ['deflate', deflateSync(text)],
        ['identity', text],
      ] as const) {
        const answer = await ask(path, body, { headers: { 'content-encoding': coding } });
        assert.equal(answer.status, 200, `${coding} ${answer.text}`);
      }
      for (const [coding, body, status] of [
        ['gzip', gzipSync(text.padEnd(10_001)), 413],
        ['deflate', deflateSync(Buffer.alloc(2 ** 27)), 413],
        ['gzip', gzipSync(text).subarray(0, -9), 400],
        ['gzip', text, 400],
        ['gzip', '', 400],
        ['br', text, 415],
        ['gzip, gzip', gzipSync(gzipSync(text)), 415],
        ['nonsense', text, 415],
      ] as const) {
        const answer = await ask(path, body, { headers: { 'content-encoding': coding } });
        assert.equal(answer.status, status, `${coding} ${answer.text}`);
        assert.equal(
          typeof (JSON.parse(answer.text) as Record<string, unknown>)[word],
          'string',
          answer.text,
        );
        if (status === 415) assert.equal(answer.headers['accept-encoding'], 'gzip, deflate');
      }
    });
  }

  it('may be packed beside tensors in binary', async () => {
    const input = { name: 'X', shape: [1, 3], datatype: 'FP32', parameters: { binary_data_size: 12 } };
    const head = Buffer.from(JSON.stringify({ inputs: [input] }));
    const body = Buffer.concat([head, Buffer.from(Float32Array.of(1, 2, 3).buffer)]);
    const headers = {
      'content-type': 'application/octet-stream',
      'content-encoding': 'gzip',
      'inference-header-content-length': String(head.length),
    };
    const answer = await ask(infer, gzipSync(body), { headers });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await ask(infer, body, { headers })).status, 400);
  });

  it('may come in chunks, after a wish to be told to continue, and to a path with a slash or escapes', async () => {
    const body = JSON.stringify(matrix([[1, 2, 3]]));
    for (const [path, headers] of [
      [infer, { 'transfer-encoding': 'chunked' }],
      [infer, { expect: '100-continue', 'content-length': String(body.length) }],
      [infer, { expect: 'a-miracle' }],
      [`${infer}/`, {}],
      [`${infer}?query=1`, {}],
      ['/v2/models/late%2Dflights/infer', {}],
      ['/v2/models/%6Cate-flights/versions/%31/infer', {}],
    ] as const) {
      const answer = await ask(path, body, { headers: { ...headers } });
      assert.equal(answer.status, 200, `${path} ${answer.text}`);
    }
    for (const name of ['late%2Fflights', 'late%00flights', '%', '%zz', '%F0%9F', '..', '%2e%2e']) {
      const answer = await ask(`/v2/models/${name}/infer`, body);
      assert.equal(answer.status, 404, `${name} ${answer.text}`);
    }
  });

  it('are told which methods a path has, and of GET the head alone where that is asked for', async () => {
    for (const path of [
      '/v2',
      '/v2/models/late-flights',
      '/v2/health/ready',
      '/v2/models/late-flights/ready',
    ]) {
      const whole = await ask(path, undefined, { method: 'GET' });
      const head = await ask(path, undefined, { method: 'HEAD' });
      assert.equal(head.status, 200, path);
      assert.equal(head.text, '');
      assert.equal(head.headers['content-length'], whole.headers['content-length']);
    }
    for (const [method, path, allowed] of [
      ['OPTIONS', infer, 'POST'],
      ['HEAD', infer, 'POST'],
      ['DELETE', '/v2/models/late-flights', 'GET, HEAD'],
      ['PATCH', '/models/late-flights/invocations', 'POST'],
    ] as const) {
      const answer = await ask(path, undefined, { method });
      assert.equal(answer.status, 405, `${method} ${path} ${answer.text}`);
      assert.equal(answer.headers.allow, allowed);
    }
  });

  it('need no media type, and are UTF-8 whatever it says, where the protocol does not ask for one', async () => {
    const text = JSON.stringify(matrix([[1, 2, 3]]));
    for (const type of ['', 'text/plain', 'application/json; charset=utf-8', ';;;', 'a'.repeat(3_000)])
      assert.equal((await ask(infer, text, { headers: { 'content-type': type } })).status, 200, type);
    const utf16 = Buffer.from(text, 'utf16le');
    const wide = await ask(infer, utf16, { headers: { 'content-type': 'application/json; charset=utf-16' } });
    assert.equal(wide.status, 400, wide.text);
  });
});
