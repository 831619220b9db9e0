import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ServedEndpoint } from '@esteira/contracts';
import {
  infer,
  makeEndpoint,
  makeKey,
  makeServerDirectory,
  matrix,
  spawnServer,
} from './model-server.fixture.ts';
import { inferenceRoutes } from './protocol/rest/routes.ts';
import { type RunningModelServer, startModelServer } from './start-model-server.ts';
import { request } from './started-server.fixture.ts';

const silent = { info() {}, warn() {}, error() {} };

async function serve(directory: string): Promise<RunningModelServer> {
  return await startModelServer(
    { directory, host: '127.0.0.1', port: 0, shipPauseMs: 10, statusIntervalMs: 1_000, drainMs: 1_000 },
    silent,
  );
}

describe('a model server', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;
  let url = '';

  before(async () => {
    const one = files.addVersion(1, 5);
    const two = files.addVersion(2, 4);
    const other: ServedEndpoint = makeEndpoint(one, { name: 'other', keys: [makeKey('of-other')] });
    const arms: ServedEndpoint['arms'] = [
      { role: 'primary', weight: 0.5, predictor: { kind: 'version', bundle: one } },
      { role: 'canary', weight: 0.5, predictor: { kind: 'version', bundle: two } },
    ];
    files.write([
      makeEndpoint(one, {
        keys: [
          makeKey('secret'),
          makeKey('slow', { requestsPerSecond: 0.01, burst: 2 }),
          makeKey('old', { expiresAt: 1 }),
        ],
      }),
      other,
      makeEndpoint(one, {
        name: 'split',
        arms,
        keys: [makeKey('of-split')],
        shadow: { share: 1, predictor: { kind: 'version', bundle: two } },
      }),
    ]);
    server = await serve(files.directory);
    url = server.httpUrl;
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  it('answers health without a key and nothing else', async () => {
    for (const path of ['/health', '/ping', '/v2/health/live', '/v2/health/ready']) {
      assert.equal((await fetch(url + path)).status, 200, path);
    }
    for (const { method, path } of [
      ...inferenceRoutes,
      { method: 'GET' as const, path: '/metrics' },
      { method: 'GET' as const, path: '/boot' },
      { method: 'POST' as const, path: '/v2/repository/index' },
    ]) {
      const target = url + path.replace('{model}', 'late-flights').replace('{version}', '1');
      const answer = await fetch(target, { method, ...(method === 'POST' ? { body: '{}' } : {}) });
      assert.equal(answer.status, 401, `${method} ${path}`);
      const body = (await answer.json()) as Readonly<Record<string, unknown>>;
      assert.equal(typeof (body.error ?? body.message), 'string', `${method} ${path}`);
    }
    assert.equal((await infer(url, matrix([[1, 2, 3]]), { key: 'old' })).status, 401);
  });

  it('tells which start of the server it is to the token in its folder alone', async () => {
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { status: 'ok' });
    const marker = join(files.directory, 'server.json');
    assert.equal(statSync(marker).mode & 0o777, 0o600);
    const { boot, bootToken } = JSON.parse(readFileSync(marker, 'utf8')) as Record<string, string>;
    const answer = await fetch(`${url}/boot`, { headers: { authorization: `Bearer ${bootToken}` } });
    assert.equal(((await answer.json()) as { boot: unknown }).boot, boot);
  });

  it('takes a key by Basic as well, and opens one endpoint to each', async () => {
    const basic = `Basic ${Buffer.from('anybody:secret').toString('base64')}`;
    assert.equal(
      (await fetch(`${url}/v2/models/late-flights`, { headers: { authorization: basic } })).status,
      200,
    );
    assert.equal(
      (await infer(url, matrix([[1, 2, 3]]), { key: 'of-other' })).body.code,
      'SERVED_MODEL_NOT_FOUND',
    );
  });

  it('gives the same answer to a matrix, to nested rows and to one tensor per column', async () => {
    const rows = [
      [1, 2, 3],
      [9, 2, 3],
    ];
    const flat = await infer(url, matrix(rows));
    const nested = await infer(url, { inputs: [{ name: 'X', shape: [2, 3], datatype: 'FP32', data: rows }] });
    const columns = await infer(url, {
      inputs: [
        { name: 'distance', shape: [2], datatype: 'FP64', data: [1, 9] },
        { name: 'hour', shape: [2, 1], datatype: 'INT64', data: [2, 2] },
        { name: 'wind', shape: [2], datatype: 'FP32', data: [3, 3] },
      ],
    });
    assert.equal(flat.status, 200);
    assert.deepEqual(nested.body.outputs, flat.body.outputs);
    assert.deepEqual(columns.body.outputs, flat.body.outputs);
    assert.deepEqual(flat.body.outputs?.[0]?.data, [0, 1]);
  });

  it('lets a value be missing only where the model knows what to do without it', async () => {
    assert.equal((await infer(url, matrix([[1, 2, null]]))).status, 200);
    const refused = await infer(url, matrix([[null, 2, 3]]));
    assert.equal(refused.status, 400);
    assert.match(refused.body.error ?? '', /distance is NaN or null in row 0/);
  });

  it('names what is wrong with a request', async () => {
    const column = (name: string) => ({ name, shape: [1], datatype: 'FP32', data: [1] });
    const wrong: [unknown, RegExp][] = [
      [
        { inputs: [column('distance'), column('hour'), column('wind'), column('altitude')] },
        /no input or column altitude/,
      ],
      [{ inputs: [column('distance')] }, /lacks hour, wind/],
      [
        { inputs: [{ ...column('distance'), shape: [1, 2], data: [1, 2] }, column('hour'), column('wind')] },
        /column distance has the shape \[1,2\]/,
      ],
      [matrix([[1, 2, 1e300]]), /no FP32/],
      [
        matrix([[1, 2, 3]], { parameters: { entity_key: ['a', 'b'] } }),
        /entity_key has 2 elements for 1 rows/,
      ],
      [matrix([[1, 2, 3]], { parameters: { event_time: 'soon' } }), /event_time is not a time/],
      [matrix(Array.from({ length: 101 }, () => [1, 2, 3])), /101 rows; this endpoint takes at most 100/],
      ['{"inputs":', /not JSON/],
    ];
    for (const [body, message] of wrong) {
      const answer = await infer(url, body);
      assert.equal(answer.status, 400, answer.text);
      assert.match(answer.body.error ?? '', message);
    }
  });

  it('refuses a body over the limit, and a key over its rate', async () => {
    const large = await infer(url, `${' '.repeat(10_001)}{}`);
    assert.deepEqual([large.status, large.body.code], [413, 'INFERENCE_BODY_TOO_LARGE']);
    const statuses: number[] = [];
    for (let request = 0; request < 3; request++)
      statuses.push((await infer(url, matrix([[1, 2, 3]]), { key: 'slow' })).status);
    assert.deepEqual(statuses, [200, 200, 429]);
  });

  it('splits the rows of a request by their keys, and an entity meets the same version every time', async () => {
    const keys = Array.from({ length: 60 }, (_, row) => `flight-${row}`);
    const rows = keys.map((_, row) => [row % 10, 1, 1]);
    const path = '/v2/models/split/infer';
    const first = await infer(url, matrix(rows, { parameters: { entity_key: keys } }), {
      key: 'of-split',
      path,
    });
    assert.equal(first.status, 200, first.text);
    await infer(url, matrix(rows, { parameters: { entity_key: keys } }), { key: 'of-split', path });
    const lines = files.spooled().filter((line) => line.e === 'split' && line.a !== 'shadow');
    assert.equal(lines.length, 120);
    const arms = new Map<string, Set<string>>();
    for (const line of lines) arms.set(line.k ?? '', (arms.get(line.k ?? '') ?? new Set()).add(line.a));
    assert.ok([...arms.values()].every((met) => met.size === 1));
    const canaries = lines.filter((line) => line.a === 'canary').length;
    assert.ok(canaries > 20 && canaries < 100, String(canaries));
    // Every row got the answer of its own version, in its own place.
    for (const line of lines.slice(0, 60))
      assert.equal(first.body.outputs?.[1]?.data[line.i * 2 + 1], line.v);
  });

  it('gives the shadow a copy that nobody waits for, under the id of the answer', async () => {
    const path = '/v2/models/split/infer';
    const answer = await infer(url, matrix([[5, 1, 1]], { parameters: { entity_key: 'one' } }), {
      key: 'of-split',
      path,
    });
    const id = `${answer.body.parameters?.prediction_id}-0`;
    for (let tries = 0; tries < 200 && files.spooled().filter((line) => line.p === id).length < 2; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const both = files.spooled().filter((line) => line.p === id);
    assert.deepEqual(both.map((line) => line.a === 'shadow').sort(), [false, true]);
    assert.equal(both.find((line) => line.a === 'shadow')?.m, 'mv_2');
  });

  it('logs every row and every refusal once, numbered without a gap', async () => {
    const lines = files.spooled();
    for (const endpoint of ['late-flights', 'split']) {
      const numbers = lines.filter((line) => line.e === endpoint).map((line) => line.n);
      assert.deepEqual(
        numbers,
        Array.from({ length: numbers.length }, (_, position) => position + 1),
      );
    }
    assert.ok(
      lines.some(
        (line) => line.st === 'invalid' && line.c === 'INVALID_INFERENCE_REQUEST' && line.x === null,
      ),
    );
    const missing = lines.find((line) => line.x?.[2] === null);
    assert.deepEqual(missing?.x, [1, 2, null]);
  });
});

describe('a model server whose model cannot be loaded', () => {
  it('lets the fallback answer and says so, on the wire and in the log', async () => {
    const files = makeServerDirectory();
    const broken = files.addVersion(1, 5, Buffer.from('not a graph'));
    files.write([
      makeEndpoint(broken, {
        fallback: {
          kind: 'rule',
          rule: { kind: 'feature', feature: 'distance', whenMissing: 0.5, scale: 0.1, offset: 0 },
        },
      }),
    ]);
    const server = await serve(files.directory);
    try {
      const answer = await infer(server.httpUrl, matrix([[3, 2, 1]]));
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(answer.body.parameters?.fallback, true);
      const score = answer.body.outputs?.[1]?.data[1] ?? 0;
      assert.ok(Math.abs(score - 0.3) < 1e-6);
      const [line] = files.spooled();
      assert.deepEqual([line?.st, line?.m, line?.c], ['fallback', 'rule', 'MODEL_FAILED']);
    } finally {
      await server.stop();
      files.remove();
    }
  });

  it('refuses bytes that are not those of the snapshot', async () => {
    const files = makeServerDirectory();
    const bundle = files.addVersion(1, 5);
    writeFileSync(join(files.directory, 'bundles', bundle.files[0]?.digest.slice(7) ?? ''), 'swapped');
    files.write([makeEndpoint(bundle)]);
    const server = await serve(files.directory);
    try {
      assert.equal((await infer(server.httpUrl, matrix([[1, 2, 3]]))).status, 500);
    } finally {
      await server.stop();
      files.remove();
    }
  });
});

describe('a model server whose disk is full', () => {
  it('gives no answer that it cannot log, is not ready, keeps what it logged whole, and answers again when there is room', async () => {
    const files = makeServerDirectory();
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    // 32 blocks of 512 or 1024 bytes: about a hundred predictions.
    const { process: child, url, ended } = await spawnServer(files.directory, 'ulimit -S -f 32');
    try {
      let answered = 0;
      let status = 200;
      for (let request = 0; request < 500 && status === 200; request++) {
        ({ status } = await infer(url, matrix([[1, 2, 3]])));
        if (status === 200) answered += 1;
      }
      assert.equal(status, 503);
      assert.equal((await fetch(`${url}/v2/health/ready`)).status, 503);
      const refused = await request(`${url}/predict/late-flights`, {
        key: 'secret',
        body: { rows: [{ distance: 1, hour: 2, wind: 3 }] },
      });
      assert.equal(refused.body.code, 'PREDICTION_LOG_UNAVAILABLE');
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
      assert.equal(files.spooled().length, answered);
      execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited:']);
      while ((await fetch(`${url}/v2/health/ready`)).status === 503) await pause(50);
      assert.equal((await infer(url, matrix([[1, 2, 3]]))).status, 200);
      assert.equal(files.spooled().length, answered + 1);
    } finally {
      child.kill('SIGTERM');
      await ended;
      files.remove();
    }
  });
});

describe('a model server that is killed', () => {
  it('has logged everything it answered, and serves again from its folder alone', async () => {
    const files = makeServerDirectory();
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    const first = await spawnServer(files.directory);
    const answered = new Set<string>();
    const sending = Array.from({ length: 4 }, async () => {
      try {
        for (;;)
          answered.add(`${(await infer(first.url, matrix([[1, 2, 3]]))).body.parameters?.prediction_id}-0`);
      } catch {
        return;
      }
    });
    while (answered.size < 50) await new Promise((resolve) => setTimeout(resolve, 5));
    first.process.kill('SIGKILL');
    await Promise.all([first.ended, ...sending]);
    const logged = new Set(files.spooled().map((line) => line.p));
    assert.deepEqual(
      [...answered].filter((id) => !logged.has(id)),
      [],
    );
    const second = await spawnServer(files.directory);
    try {
      assert.equal((await infer(second.url, matrix([[1, 2, 3]]))).status, 200);
      assert.ok(files.spooled().length > logged.size);
    } finally {
      second.process.kill('SIGTERM');
      await second.ended;
      rmSync(files.directory, { recursive: true, force: true });
    }
  });
});
