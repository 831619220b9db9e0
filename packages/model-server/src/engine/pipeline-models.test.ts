import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type BundleRef, type ModelSignature, signatureOfColumns } from '@esteira/contracts';
import {
  signature as graphSignature,
  infer,
  makeEndpoint,
  makeKey,
  makeServerDirectory,
  matrix,
  pythonFile,
  spawnServer,
  trainGraph,
} from '../model-server.fixture.ts';

const pinned = { modelVersionId: 'mv_9', model: 'delays', version: 9, digest: 'sha256:0' };
const task = 'classification';
const columns = { miles: 'number', hour: 'number', wind: 'number', carrier: 'text' } as const;
const signature: ModelSignature = {
  ...signatureOfColumns({ task, columns }),
  pipeline: {
    kind: 'pipeline',
    task,
    columns,
    steps: [
      { name: 'clean', map: { distance: { from: 'miles', scale: 2, offset: 1, whenMissing: 3 } } },
      { name: 'graph', model: 'models:/delays/9', inputs: { distance: 'clean.distance' } },
      {
        name: 'carrier_rule',
        rule: { kind: 'table', rules: [{ when: { carrier: { oneOf: ['AA'] } }, score: 1 }], otherwise: 0 },
        inputs: {},
      },
      { name: 'both', combine: 'average', of: { graph: 3, carrier_rule: 1 } },
    ],
    answer: 'both',
    pinned: { graph: pinned },
  },
};

describe('several models that answer as one', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;
  const graph = trainGraph(5);
  before(async () => {
    const bundle: BundleRef = files.bundle(1, {
      'signature.json': signature,
      'steps/graph/signature.json': graphSignature,
      'steps/graph/model.onnx': graph,
    });
    files.write([
      makeEndpoint(bundle),
      makeEndpoint(files.addVersion(2, 5, graph), { name: 'alone', keys: [makeKey('of-alone')] }),
    ]);
    server = await spawnServer(files.directory);
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    files.remove();
  });

  const column = (name: string, data: readonly (number | null)[]) => ({
    name,
    shape: [data.length],
    datatype: 'FP64',
    data,
  });

  it('map, ask, rule and combine as written, and leave one record for each row', async () => {
    const miles = [1, 4, null];
    const answer = await infer(server.url, {
      inputs: [
        column('miles', miles),
        column('hour', [1, 2, 3]),
        column('wind', [1, 1, 1]),
        { name: 'carrier', shape: [3], datatype: 'BYTES', data: ['AA', 'BB', ''] },
      ],
    });
    assert.equal(answer.status, 200, answer.text);
    const alone = await infer(
      server.url,
      matrix([
        [3, 1, 1],
        [9, 2, 1],
        [3, 3, 1],
      ]),
      { path: '/v2/models/alone/infer', key: 'of-alone' },
    );
    const ofGraph = alone.body.outputs?.find(({ name }) => name === 'probabilities')?.data ?? [];
    const expected = [0, 1, 2].map(
      (row) => 0.75 * (ofGraph[2 * row + 1] ?? Number.NaN) + (row === 0 ? 0.25 : 0),
    );
    const given = answer.body.outputs?.find(({ name }) => name === 'probabilities')?.data ?? [];
    for (const [row, score] of expected.entries())
      assert.ok(Math.abs((given[2 * row + 1] ?? Number.NaN) - score) < 1e-6, `${given} is not ${expected}`);
    assert.equal(files.spooled().filter(({ e }) => e === 'late-flights').length, 3);
  });

  it('refuse what a step cannot do without, by the name of its column', async () => {
    const answer = await infer(server.url, { inputs: [column('miles', [1]), column('wind', [1])] });
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /hour/);
  });
});

const value: ModelSignature = {
  ...signatureOfColumns({ task: 'regression', columns: { x: 'number' } }),
  outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }],
  score: { output: 'y', column: 0 },
};
const halves = `def predict(columns):
    import os, time
    x = columns["x"]
    values = [one[0] if isinstance(one, list) else one for one in x]
    if -1 in values:
        raise ValueError("no negatives")
    while -2 in values:
        time.sleep(1)
    others = [name for name in os.listdir(os.path.dirname(os.path.dirname(__file__))) if name == "steps"]
    return [-1e9] * len(values) if others else [one / 2 for one in values]
`;

describe('a pipeline of a Python model and a model elsewhere', () => {
  const files = makeServerDirectory();
  const asked: (string | undefined)[] = [];
  const remote = createServer(async (request, response) => {
    asked.push(request.headers.authorization);
    let text = '';
    for await (const part of request) text += String(part);
    const [{ shape, data }] = JSON.parse(text).inputs as [{ shape: number[]; data: number[] }];
    if (data.includes(404)) response.writeHead(404).end();
    else if (!data.includes(99))
      response.end(JSON.stringify({ outputs: [{ name: 'y', datatype: 'FP64', shape: [shape[0]], data }] }));
  });
  let server: Awaited<ReturnType<typeof spawnServer>>;

  before(async () => {
    await new Promise<void>((resolve) => remote.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}`;
    const described = { kind: 'remote', protocol: 'open-inference', url, model: 'm' } as const;
    const own = { modelVersionId: 'mv_8', model: 'halves', version: 8, digest: `sha256:${'8'.repeat(64)}` };
    const pipeline = {
      ...signatureOfColumns({ task: 'regression', columns: { miles: 'number' } }),
      pipeline: {
        kind: 'pipeline',
        task: 'regression',
        columns: { miles: 'number' },
        steps: [
          { name: 'here', model: 'models:/halves/8', inputs: { x: 'miles' } },
          { name: 'there', model: 'models:/far/1', inputs: { x: 'miles' }, timeoutMs: 2_500 },
          { name: 'both', combine: 'average', of: { here: 1, there: 1 } },
        ],
        answer: 'both',
        pinned: { here: { ...own, python: true }, there: { ...pinned, secret: 'token' } },
      },
    } as const;
    const bundle = files.bundle(1, {
      'signature.json': pipeline,
      'steps/here/signature.json': { ...value, python: pythonFile },
      'steps/here/model/model.py': Buffer.from(halves),
      'steps/there/signature.json': {
        ...value,
        remote: { ...described, secret: 'token', timeoutMs: 60_000 },
      },
    });
    const limits = { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 20_000 };
    const brief = { ...limits, timeoutMs: 2_000 };
    files.write(
      [
        makeEndpoint(bundle, { name: 'both', limits }),
        makeEndpoint(bundle, { name: 'brief', limits: brief, keys: [makeKey('of-brief')] }),
      ],
      1,
      { token: { origin: url, value: 's3cret' } },
    );
    server = await spawnServer(files.directory, 'export ESTEIRA_ALLOW_PRIVATE_REMOTE_MODELS=true');
    while ((await ask([1])).status !== 200) await pause(50);
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    remote.closeAllConnections();
    remote.close();
    files.remove();
  });

  function ask(miles: readonly number[], endpoint = 'both', key = 'secret') {
    const inputs = [{ name: 'miles', shape: [miles.length], datatype: 'FP64', data: miles }];
    return infer(server.url, { inputs }, { path: `/v2/models/${endpoint}/infer`, key });
  }

  it('asks each as it would be asked alone, with its own secret and its own files', async () => {
    const { status, body, text } = await ask([2, 8]);
    assert.equal(status, 200, text);
    assert.deepEqual(body.outputs?.[0]?.data, [1.5, 6]);
    assert.equal(asked.at(-1), 'Bearer s3cret');
  });

  it('names the step that failed, and the one that was late by its own limit or that of the endpoint', async () => {
    for (const [miles, endpoint, key, status, words] of [
      [-1, 'both', 'secret', 500, /both \(step here\) failed/],
      [404, 'both', 'secret', 500, /both \(step there\) failed/],
      [99, 'both', 'secret', 503, /both \(step there\) did not answer within 2500 ms/],
      [-2, 'brief', 'of-brief', 503, /brief \(step here\) did not answer within/],
    ] as const) {
      const answer = await ask([miles], endpoint, key);
      assert.equal(answer.status, status, answer.text);
      assert.match(answer.text, words);
    }
  });
});
