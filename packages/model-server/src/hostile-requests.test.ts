import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request as send } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { makeHostileGraph } from './identity-graph.fixture.ts';
import {
  infer,
  makeEndpoint,
  makeKey,
  makeServerDirectory,
  matrix,
  spawnServer,
} from './model-server.fixture.ts';
import { request } from './started-server.fixture.ts';

const mebibyte = 2 ** 20;

describe('a server among callers and models that mean it ill', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    const allocates = makeHostileGraph('allocates');
    const loops = makeHostileGraph('loops');
    const limits = { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 500 };
    files.write([
      makeEndpoint(files.addVersion(1, 5), { limits: { ...limits, maxBodyBytes: 16 * mebibyte } }),
      makeEndpoint(files.addVersion(2, 5, allocates.onnx, allocates.signature), {
        ...{ name: 'allocates', limits, keys: [makeKey('allocates')] },
      }),
      makeEndpoint(files.addVersion(3, 5, loops.onnx, loops.signature), {
        ...{ name: 'loops', limits, keys: [makeKey('loops')] },
      }),
      makeEndpoint(files.addVersion(4, 5, Buffer.from('no graph')), {
        ...{ name: 'corrupted', keys: [makeKey('corrupted')] },
      }),
    ]);
    server = await spawnServer(files.directory);
  });
  after(async () => {
    server.process.kill('SIGTERM');
    await server.ended;
    files.remove();
  });

  async function assertUnharmed(): Promise<void> {
    const answer = await infer(server.url, matrix([[1, 2, 3]]));
    assert.equal(answer.status, 200, answer.text);
  }

  function residentBytes(): number {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'));
    return Number(found?.[1]) * 1024;
  }

  for (const declared of [true, false]) {
    it(`cuts a body of a gigabyte off, ${declared ? 'its size told' : 'its size untold'}, and holds none of it`, async () => {
      await assertUnharmed();
      const before = residentBytes();
      const sent = post(server.url, declared ? { 'content-length': String(2 ** 30) } : {});
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      const pushed = pushUntilClosed(sent);
      const [response] = await answered;
      assert.equal(response.statusCode, 413);
      response.resume();
      assert.ok((await pushed) < 2 ** 30);
      await assertUnharmed();
      const grown = residentBytes() - before;
      assert.ok(grown < 128 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
    });
  }

  it('answers everybody else while hundreds send headers and bodies a byte at a time', async () => {
    const { hostname, port } = new URL(server.url);
    const slow: Socket[] = [];
    for (let number = 0; number < 300; number++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      slow.push(socket);
      socket.write(
        number % 2 === 0
          ? 'POST /v2/models/late-flights/infer HTTP/1.1\r\nhost: x\r\nauthor'
          : 'POST /v2/models/late-flights/infer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer secret\r\ncontent-length: 500\r\n\r\n{"inp',
      );
    }
    for (let round = 0; round < 20; round++) {
      for (const socket of slow) socket.write('u');
      await assertUnharmed();
    }
    for (const socket of slow) socket.destroy();
    await assertUnharmed();
  });

  it('passes over ten thousand columns that nobody knows, and refuses as many tensors', async () => {
    const record: Record<string, number> = { distance: 1, hour: 2, wind: 3 };
    for (let column = 0; column < 10_000; column++) record[`column_${column}`] = column;
    const known = await request(`${server.url}/predict/late-flights`, {
      key: 'secret',
      body: { rows: [record] },
    });
    assert.equal(known.status, 200, known.text);
    const unknown = await request(`${server.url}/predict/late-flights`, {
      key: 'secret',
      body: { rows: [{ ...record, distance: undefined }] },
    });
    assert.equal(unknown.status, 400, unknown.text);
    const inputs = Object.keys(record).map((name) => ({ name, datatype: 'FP64', shape: [1], data: [1] }));
    const tensors = await infer(server.url, { inputs: [...inputs, ...inputs] });
    assert.equal(tensors.status, 400, tensors.text.slice(0, 300));
    assert.ok(tensors.text.length < 1_000);
  });

  it('refuses numbers that JSON does not know on every wire but TensorFlow’s', async () => {
    for (const token of [
      'NaN',
      'Infinity',
      '-Infinity',
      '+1',
      '01',
      '.5',
      '0x1',
      '1_000',
      '1e',
      'undefined',
    ]) {
      for (const [path, body] of [
        [
          '/v2/models/late-flights/infer',
          `{"inputs":[{"name":"X","datatype":"FP32","shape":[1,3],"data":[1,${token},3]}]}`,
        ],
        ['/models/late-flights/invocations', `{"inputs":[[1,${token},3]]}`],
        ['/predictions/late-flights', `[1,${token},3]`],
        ['/predict/late-flights', `{"rows":[{"distance":1,"hour":${token},"wind":3}]}`],
      ] as const) {
        const answer = await request(server.url + path, { key: 'secret', body });
        assert.equal(answer.status, 400, `${path} ${body} ${answer.text}`);
      }
    }
  });

  it('refuses shapes that no memory holds before it takes any', async () => {
    const before = residentBytes();
    for (const shape of [
      [2 ** 31, 2 ** 31],
      [1e18, 3],
      [1e308, 3],
      [-1, 3],
      [1, -3],
      [0, 3],
      [2 ** 53, 0],
      [1.5, 2],
      ['1', 3],
      [[1], 3],
      [1, 3, 1e9],
      Array(1_000).fill(1e3),
    ]) {
      const body = { inputs: [{ name: 'X', datatype: 'FP32', shape, data: [1, 2, 3] }] };
      const answer = await infer(server.url, body);
      assert.equal(answer.status, 400, `${JSON.stringify(shape).slice(0, 50)} ${answer.text}`);
      const binary = {
        ...body,
        inputs: [{ ...body.inputs[0], data: undefined, parameters: { binary_data_size: 12 } }],
      };
      const head = JSON.stringify(binary);
      const bytes = await infer(server.url, `${head}${'\0'.repeat(12)}`, {
        headers: {
          'content-type': 'application/octet-stream',
          'inference-header-content-length': String(head.length),
        },
      });
      assert.equal(bytes.status, 400, `${head.slice(0, 120)} ${bytes.text}`);
    }
    await assertUnharmed();
    assert.ok(residentBytes() - before < 64 * mebibyte);
  });

  it('loses one answer, not itself, to a model that takes all memory or does not end', async () => {
    const question = (size: number) => ({
      inputs: [{ name: 'X', datatype: 'INT64', shape: [1, 1], data: [size] }],
    });
    for (const [name, size, codes] of [
      ['allocates', 5_000_000_000, ['MODEL_FAILED', 'MODEL_TIMED_OUT']],
      ['loops', 1e15, ['MODEL_TIMED_OUT']],
    ] as const) {
      const path = `/v2/models/${name}/infer`;
      const well = await infer(server.url, question(1), { path, key: name });
      assert.equal(well.status, 200, well.text);
      const ill = infer(server.url, question(size), { path, key: name });
      await assertUnharmed();
      const { status, body, text } = await ill;
      assert.ok(status >= 500 && codes.some((code) => code === body.code), text);
      assert.deepEqual(Object.keys(body), ['error', 'code', 'instance']);
      await assertUnharmed();
    }
  });

  it('serves the others beside an endpoint whose graph is corrupted', async () => {
    const answer = await infer(server.url, matrix([[1, 2, 3]]), {
      path: '/v2/models/corrupted/infer',
      key: 'corrupted',
    });
    assert.ok(answer.status >= 500, answer.text);
    assert.deepEqual(Object.keys(answer.body), ['error', 'code', 'instance']);
    await assertUnharmed();
  });
});

function post(url: string, headers: Readonly<Record<string, string>>): ClientRequest {
  const sent = send(`${url}/v2/models/late-flights/infer`, {
    method: 'POST',
    headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers },
  });
  sent.on('error', () => {});
  return sent;
}

/** Writes as fast as the other side takes it, until it takes no more; returns how many bytes that were, a gigabyte at most. */
async function pushUntilClosed(sent: ClientRequest): Promise<number> {
  const chunk = Buffer.alloc(mebibyte, ' ');
  let taken = 0;
  for (; taken < 2 ** 30 && !sent.destroyed; taken += chunk.length) {
    const problem = await new Promise((resolve) => {
      sent.once('close', resolve);
      sent.write(chunk, (error) => {
        sent.off('close', resolve);
        resolve(error);
      });
    });
    if (problem) break;
  }
  sent.destroy();
  return taken;
}
