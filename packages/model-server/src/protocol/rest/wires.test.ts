import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeIdentityGraph } from '../../identity-graph.fixture.ts';
import { makeEndpoint, makeKey, makeServerDirectory } from '../../model-server.fixture.ts';
import type { RunningModelServer } from '../../start-model-server.ts';
import { request, startServer } from '../../started-server.fixture.ts';

/** A wire: where it is asked for `late-flights`, a request that it answers, the fields of its errors. */
const wires = [
  {
    path: '/v2/models/late-flights/infer',
    body: { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] },
    error: ['error', 'code', 'instance'],
  },
  {
    path: '/models/late-flights/invocations',
    body: { dataframe_split: { columns: ['distance', 'hour', 'wind'], data: [[1, 2, 3]] } },
    error: ['error_code', 'message'],
  },
  { path: '/v1/models/late-flights:predict', body: { instances: [[1, 2, 3]] }, error: ['error'] },
  {
    path: '/v1/models/late-flights:classify',
    body: { examples: [{ distance: 1, hour: 2, wind: 3 }] },
    error: ['error'],
  },
  {
    path: '/predictions/late-flights',
    body: { distance: 1, hour: 2, wind: 3 },
    error: ['code', 'type', 'message'],
  },
  {
    path: '/predict/late-flights',
    body: { rows: [{ distance: 1, hour: 2, wind: 3 }] },
    error: ['error', 'code', 'instance'],
  },
];

describe('every wire', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    const one = makeIdentityGraph([{ name: 'X', datatype: 'FP32', row: [2] }]);
    files.write([
      makeEndpoint(files.addVersion(1, 5), {
        openapi: { openapi: '3.1.0', info: { title: 'late-flights' } },
        keys: [makeKey('secret'), makeKey('keeper', { permissions: ['repository', 'explain'] })],
      }),
      makeEndpoint(files.addVersion(2, 5, one.onnx, one.signature), { name: 'one', keys: [makeKey('one')] }),
    ]);
    server = await startServer(files.directory);
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  const ask = (path: string, body: unknown, key = 'secret') => request(server.httpUrl + path, { key, body });

  it('refuses a body that is cut anywhere, in its own form, and goes on', async () => {
    for (const { path, body, error } of wires) {
      const text = JSON.stringify(body);
      for (let cut = 0; cut < 100; cut++) {
        const answer = await ask(path, text.slice(0, Math.floor((cut * text.length) / 100)));
        assert.deepEqual([answer.status, Object.keys(answer.body)], [400, error], `${path} ${answer.text}`);
      }
      assert.equal((await ask(path, body)).status, 200, path);
    }
  });

  it('refuses in its own form whoever has no key, another key, asks too much or what is not there', async () => {
    for (const { path, body, error } of wires) {
      const elsewhere = path.replace('late-flights', 'none');
      const told = ({ text }: { text: string }): string =>
        text.replace(/late-flights|none/, 'name').replace(/pr_[0-9a-f]+/, 'id');
      // Whether there is an endpoint that the key does not open cannot be told from the answer.
      assert.equal(told(await ask(path, body, 'one')), told(await ask(elsewhere, body)));
      for (const [status, answer] of [
        [401, await ask(path, body, 'nobody')],
        [404, await ask(path, body, 'one')],
        [404, await ask(elsewhere, body)],
        [413, await ask(path, ' '.repeat(10_001))],
        [405, await request(server.httpUrl + path, { key: 'secret' })],
      ] as const) {
        assert.deepEqual(
          [answer.status, Object.keys(answer.body)],
          [status, error],
          `${path} ${answer.text}`,
        );
      }
    }
  });

  it('asks OPTIONS for a key as it asks any method, and serves no CORS', async () => {
    for (const { path, error } of wires) {
      const preflight = await request(server.httpUrl + path, { method: 'OPTIONS' });
      assert.deepEqual([preflight.status, Object.keys(preflight.body)], [401, error], path);
      const known = await request(server.httpUrl + path, { method: 'OPTIONS', key: 'secret' });
      assert.deepEqual([known.status, known.headers.get('allow')], [405, 'POST'], path);
      for (const { headers } of [preflight, known])
        assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });

  it('refuses columns of other names alone, which are no row without values', async () => {
    for (const [path, body] of [
      ['/models/one/invocations', { dataframe_split: { columns: ['age', 'plan'], data: [[1, 2]] } }],
      ['/models/one/invocations', { inputs: { age: [1], plan: [2] } }],
      ['/v1/models/one:predict', { instances: [{ age: 1, plan: 2 }] }],
      ['/predictions/one', { age: 1, plan: 2 }],
      ['/predict/one', { rows: [{ age: 1, plan: 2 }] }],
    ] as const) {
      const answer = await ask(path, body, 'one');
      assert.equal(answer.status, 400, `${path} ${answer.text}`);
      assert.match(answer.text, /knows no column age, plan; it takes X, X_1/);
    }
    const some = await ask('/predict/one', { rows: [{ age: 1, X: 3, X_1: 2 }] }, 'one');
    assert.equal(some.status, 200, some.text);
  });

  it('refuses what JSON may say and no model can take', async () => {
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`c${index}`, 1]));
    const bodies: unknown[] = [
      [],
      1,
      'null',
      '"x"',
      {},
      wide,
      '['.repeat(4_000),
      `${'['.repeat(4_000)}${']'.repeat(4_000)}`,
    ];
    for (const { path, error } of wires) {
      for (const body of bodies) {
        const answer = await ask(path, body);
        assert.ok(answer.status === 400 || answer.status === 413, `${path} ${answer.text}`);
        assert.deepEqual(Object.keys(answer.body), error);
      }
      if (path.startsWith('/v1/')) continue;
      const valid = JSON.stringify(wires.find((wire) => wire.path === path)?.body);
      const token = valid.replace(/([:[])1([,}])/, '$1NaN$2');
      assert.equal((await ask(path, token)).status, 400, token);
    }
  });

  it('refuses tensors whose shapes and sizes do not hold together', async () => {
    const tensor = (changed: object) => ({
      inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3], ...changed }],
    });
    for (const changed of [
      { shape: [2 ** 31, 2 ** 31] },
      { shape: [1e308, 3] },
      { shape: [-1, 3] },
      { shape: [1.5, 2] },
      { shape: ['1', 3] },
      { shape: [] },
      { shape: [0, 3], data: [] },
      { data: [1, 2] },
      { data: [[1, 2, 3], [1]] },
      { data: undefined, parameters: { binary_data_size: 12 } },
      { datatype: 'FP99' },
    ]) {
      const answer = await ask('/v2/models/late-flights/infer', tensor(changed));
      assert.equal(answer.status, 400, `${JSON.stringify(changed)} ${answer.text}`);
    }
  });

  it('answers what is no HTTP with an error, and closes the connection', async () => {
    const { port } = new URL(server.httpUrl);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('NOTHING LIKE IT\r\n\r\n'));
      let text = '';
      socket.on('data', (part) => {
        text += String(part);
      });
      socket.on('close', () => resolve(text));
    });
    assert.match(answer, /^HTTP\/1.1 400 Bad Request\r\n/);
    assert.match(answer, /"code":"INFERENCE_HTTP_BROKEN"\}$/);
  });

  it('holds no connection that it has closed, though the caller does not close it', async () => {
    const { port } = new URL(server.httpUrl);
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write('NOTHING LIKE IT\r\n\r\n');
    await once(socket.resume(), 'end');
    while (!socket.destroyed) {
      socket.write('x');
      await pause(100);
    }
  });

  it('answers one row of headers too many, a method that is none, and no host, with an error of its own', async () => {
    const { port } = new URL(server.httpUrl);
    for (const [head, status] of [
      [`POST /predict/late-flights HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
      ['POST /predict/late-flights HTTP/1.1\r\n\r\n', 400],
      ['PURGE /predict/late-flights HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n', 405],
      ['POST /predict/late-flights HTTP/1.1\r\nHost: x\r\nExpect: more\r\nContent-Length: 0\r\n\r\n', 401],
    ] as const) {
      const socket = connect(Number(port), '127.0.0.1');
      socket.end(head);
      let text = '';
      for await (const part of socket) text += String(part);
      assert.ok(text.startsWith(`HTTP/1.1 ${status} `), text);
      const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Record<string, unknown>;
      assert.ok('error' in body && 'code' in body, text);
    }
  });

  it('tells the holder of a key what the endpoint takes, and nobody else', async () => {
    const get = (name: string, key: string) =>
      request(`${server.httpUrl}/v2/models/${name}/openapi.json`, { key });
    const { host } = new URL(server.httpUrl);
    const info = { title: 'late-flights' };
    const servers = [{ url: `//${host}` }];
    assert.deepEqual((await get('late-flights', 'secret')).body, { openapi: '3.1.0', info, servers });
    assert.equal((await get('late-flights', 'one')).status, 404);
    assert.equal((await get('late-flights', 'nobody')).status, 401);
    assert.equal((await get('one', 'one')).body.code, 'ENDPOINT_NOT_DESCRIBED');
  });

  it('knows a version that is served no more on no path', async () => {
    for (const path of [
      '/v2/models/late-flights/versions/9',
      '/v2/models/late-flights/versions/9/ready',
      '/v2/models/late-flights/versions/9/stats',
      '/v1/models/late-flights/versions/9',
      '/v1/models/late-flights/versions/9/metadata',
    ])
      assert.equal((await request(server.httpUrl + path, { key: 'secret' })).status, 404, path);
    for (const path of [
      '/v2/models/late-flights/versions/9/infer',
      '/v1/models/late-flights/versions/9:predict',
      '/v1/models/late-flights/versions/9:classify',
      '/predictions/late-flights/9',
    ])
      assert.equal((await ask(path, {})).status, 404, path);
    assert.equal((await ask('/explanations/late-flights/9', {}, 'keeper')).status, 404);
  });

  it('takes one row as raw bytes where the header length is 0', async () => {
    const raw = (bytes: Buffer) =>
      fetch(`${server.httpUrl}/v2/models/one/infer`, {
        method: 'POST',
        headers: { authorization: 'Bearer one', 'inference-header-content-length': '0' },
        body: new Uint8Array(bytes),
      });
    const bytes = Buffer.from(Float32Array.of(1.5, -2).buffer);
    const answer = await raw(bytes);
    const body = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.status, 200);
    assert.deepEqual(body.subarray(Number(answer.headers.get('inference-header-content-length'))), bytes);
    assert.equal((await raw(bytes.subarray(1))).status, 400);
  });

  it('lists, counts and indexes what the key opens, and lets nobody replace what is deployed', async () => {
    const get = (path: string, key = 'secret') => request(server.httpUrl + path, { key });
    assert.deepEqual((await get('/v2/models')).body, { models: ['late-flights'] });
    assert.deepEqual((await get('/v1/models', 'one')).body, { models: ['one'] });
    for (const path of [
      '/v2/models/stats',
      '/v2/models/late-flights/stats',
      '/v2/models/late-flights/versions/1/stats',
    ]) {
      const [stats] = (await get(path)).body.model_stats as { name: string; inference_count: number }[];
      assert.equal(stats?.name, 'late-flights');
      assert.ok((stats?.inference_count ?? 0) >= wires.length);
    }
    const index = await ask('/v2/repository/index', { ready: true });
    assert.deepEqual(JSON.parse(index.text), [
      { name: 'late-flights', version: '1', state: 'READY', reason: '' },
    ]);
    const load = '/v2/repository/models/late-flights/load';
    assert.equal((await ask(load, {})).status, 403);
    assert.equal((await ask(load, {}, 'keeper')).status, 200);
    assert.equal((await ask(load, { parameters: { config: '{}' } }, 'keeper')).status, 400);
    assert.equal((await ask(load, { parameters: { 'file:1/model.onnx': 'AA==' } }, 'keeper')).status, 400);
    assert.equal((await ask('/v2/repository/models/one/load', {}, 'keeper')).status, 404);
    assert.equal((await ask(load.replace('load', 'unload'), {}, 'keeper')).status, 501);
  });

  it('answers rows of named columns with prediction ids, by the keys of their entities', async () => {
    const rows = [
      { distance: 1, hour: 2, wind: null },
      { distance: 9, hour: 2 },
    ];
    const { body } = await ask('/predict/late-flights', {
      rows,
      entityKeys: ['a', 7],
      eventTimes: [1, null],
    });
    const predictions = body.predictions as { label: number }[];
    assert.deepEqual(
      predictions.map(({ label }) => label),
      [0, 1],
    );
    const logged = files.spooled().filter((line) => (body.predictionIds as string[]).includes(line.p));
    assert.deepEqual(
      logged.map((line) => [line.k, line.et]),
      [
        ['a', 1],
        ['7', null],
      ],
    );
    assert.equal((await ask('/predict/late-flights', { rows: [{ hour: 1, wind: 1 }] })).status, 400);
    assert.equal((await ask('/predict/late-flights', { rows, entityKeys: ['a'] })).status, 400);
    assert.equal((await ask('/predict/late-flights', { rows, more: 1 })).status, 400);
    assert.equal((await ask('/predict/late-flights', { rows, explain: true })).status, 403);
    assert.equal((await ask('/predict/late-flights', { rows, explain: true }, 'keeper')).status, 501);
  });
});
