import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeEndpoint, makeServerDirectory, spawnServer } from './model-server.fixture.ts';
import { readServerOptions } from './server-options.ts';
import { readArguments } from './serving-contract.ts';
import type { RunningModelServer } from './start-model-server.ts';
import { request, startServer } from './started-server.fixture.ts';

describe('the container contract of SageMaker', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    server = await startServer(files.directory, { contract: 'sagemaker' });
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  const invoke = async (body: string, type: string, accept?: string) => {
    const answer = await fetch(`${server.httpUrl}/invocations`, {
      method: 'POST',
      headers: { 'content-type': type, ...(accept === undefined ? {} : { accept }) },
      body,
    });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };
  const labels = (text: string) =>
    (JSON.parse(text) as { predictions: { label: number }[] }).predictions.map(({ label }) => label);

  it('answers a ping with nothing, and whoever reaches it without a key', async () => {
    const ping = await fetch(`${server.httpUrl}/ping`);
    assert.deepEqual([ping.status, await ping.text()], [200, '']);
    const row = { distance: 9, hour: 2, wind: 3 };
    const bodies = [
      { dataframe_records: [row, { ...row, distance: 1 }] },
      { instances: [row, { ...row, distance: 1 }] },
      [row, { ...row, distance: 1 }],
      [
        [9, 2, 3],
        [1, 2, 3],
      ],
    ];
    for (const body of bodies) {
      const { status, text } = await invoke(JSON.stringify(body), 'application/json');
      assert.equal(status, 200, text);
      assert.deepEqual(labels(text), [1, 0]);
    }
    assert.deepEqual(labels((await invoke('[9,2,3]', 'application/json')).text), [1]);
    assert.deepEqual(labels((await invoke('{"features":[9,2,3]}', 'application/json')).text), [1]);
    assert.equal(files.spooled().filter(({ st }) => st === 'ok').length, 10);
  });

  it('takes CSV with and without a header, and JSON lines, and answers in the form that is asked for', async () => {
    for (const text of ['9,2,3\n1,2,\n', 'wind,hour,distance\n3,2,9\n,2,1\n']) {
      const asJson = await invoke(text, 'text/csv');
      assert.equal(asJson.status, 200, asJson.text);
      assert.deepEqual(labels(asJson.text), [1, 0]);
      const asCsv = await invoke(text, 'text/csv; charset=utf-8', 'text/csv');
      assert.equal(asCsv.type, 'text/csv');
      assert.deepEqual(
        asCsv.text.split('\n').map((line) => line.split(',').length),
        [3, 3, 1],
      );
    }
    const lines = '{"features":[9,2,3]}\n[1,2,3]\n';
    const answer = await invoke(lines, 'application/jsonlines');
    assert.equal(answer.type, 'application/jsonlines');
    const rows = answer.text.trim().split('\n');
    assert.deepEqual(
      rows.map((row) => (JSON.parse(row) as { label: number }).label),
      [1, 0],
    );
  });

  it('refuses what it cannot read, without an answer of 500', async () => {
    for (const [body, type, status] of [
      ['', 'application/json', 400],
      ['{', 'application/json', 400],
      ['{}', 'application/json', 400],
      ['[]', 'application/json', 400],
      ['[[1,2]]', 'application/json', 400],
      ['1', 'text/csv', 400],
      ['', 'text/csv', 400],
      ['{"a":1}\n{', 'application/jsonlines', 400],
      ['1,2,3', 'text/plain', 415],
      ['1,2,3', 'application/x-npy', 415],
    ] as const) {
      const answer = await invoke(body, type);
      assert.equal(answer.status, status, `${type} ${body} ${answer.text}`);
      assert.deepEqual(Object.keys(JSON.parse(answer.text) as object), ['error', 'code', 'instance']);
    }
    assert.equal((await invoke('[1,2,3]', 'application/json', 'image/png')).status, 415);
  });

  it('asks for a key on every other path', async () => {
    for (const path of [
      '/v2/models/late-flights/infer',
      '/predict/late-flights',
      '/models/late-flights/invocations',
    ])
      assert.equal((await request(server.httpUrl + path, { body: {} })).status, 401);
    assert.equal((await request(`${server.httpUrl}/v2`)).status, 401);
    assert.equal((await request(`${server.httpUrl}/invocations/more`)).status, 401);
  });

  it('starts for one endpoint alone, and where no stranger can reach it', async () => {
    const others = makeServerDirectory();
    const bundle = others.addVersion(1, 5);
    others.write([makeEndpoint(bundle), makeEndpoint(bundle, { name: 'second' })]);
    await assert.rejects(startServer(others.directory, { contract: 'sagemaker' }), /is of one endpoint/);
    others.remove();
    const read = (more: object) =>
      readServerOptions({ ...readArguments(['serve', '--contract', 'sagemaker']), ...more });
    assert.equal(read({}).port, 8080);
    assert.equal(read({ SAGEMAKER_BIND_TO_PORT: '9090' }).port, 9090);
    assert.equal(read({}).contract, 'sagemaker');
    assert.throws(() => read({ ESTEIRA_SERVING_HOST: '0.0.0.0' }), /has no keys/);
    const trusting = readArguments(['serve', '--contract', 'sagemaker', '--trust-network']);
    assert.equal(readServerOptions({ ...trusting, ESTEIRA_SERVING_HOST: '0.0.0.0' }).host, '0.0.0.0');
    for (const contract of ['open', 'vertex'])
      assert.throws(() => readServerOptions({ ESTEIRA_SERVING_CONTRACT: contract }), /There is no contract/);
    assert.throws(() => readArguments(['train']), /knows no train/);
  });

  it('ends on SIGTERM after the answers that are being made', async () => {
    const own = makeServerDirectory();
    own.write([makeEndpoint(own.addVersion(1, 5))]);
    const started = await spawnServer(own.directory, 'export ESTEIRA_SERVING_CONTRACT=sagemaker');
    const asked = fetch(`${started.url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[[9,2,3]]',
    });
    assert.equal((await asked).status, 200);
    started.process.kill('SIGTERM');
    await started.ended;
    assert.equal(started.process.exitCode, 0);
    own.remove();
  });
});
