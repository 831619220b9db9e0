import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeIdentityGraph } from '../../identity-graph.fixture.ts';
import { makeEndpoint, makeKey, makeServerDirectory } from '../../model-server.fixture.ts';
import type { RunningModelServer } from '../../start-model-server.ts';
import { request, startServer } from '../../started-server.fixture.ts';

describe('the REST API of TensorFlow Serving and KServe', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    const pair = makeIdentityGraph([
      { name: 'x', datatype: 'FP64' },
      { name: 's', datatype: 'BYTES' },
    ]);
    const one = makeIdentityGraph([{ name: 'X', datatype: 'FP32', row: [2] }]);
    files.write([
      makeEndpoint(files.addVersion(1, 5), { keys: [makeKey('secret')] }),
      makeEndpoint(files.addVersion(2, 5, pair.onnx, pair.signature), {
        name: 'pair',
        keys: [makeKey('pair')],
      }),
      makeEndpoint(files.addVersion(3, 5, one.onnx, one.signature), { name: 'one', keys: [makeKey('one')] }),
    ]);
    server = await startServer(files.directory);
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  const get = (path: string, key = 'secret') => request(`${server.httpUrl}/v1/models${path}`, { key });
  const ask = (path: string, body: unknown, key = 'secret') =>
    request(`${server.httpUrl}/v1/models/${path}`, { key, body });

  it('tells the state of a model in the words of both', async () => {
    assert.deepEqual((await get('')).body, { models: ['late-flights'] });
    const state = {
      name: 'late-flights',
      ready: true,
      model_version_status: [
        { version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } },
      ],
    };
    assert.deepEqual((await get('/late-flights')).body, state);
    assert.deepEqual((await get('/late-flights/versions/1')).body, state);
    const { body } = await get('/late-flights/metadata');
    assert.deepEqual(body.model_spec, { name: 'late-flights', signature_name: '', version: '1' });
    const definition = JSON.stringify(body.metadata);
    assert.match(
      definition,
      /"serving_default":\{"inputs":\{"X":\{"dtype":"DT_FLOAT","tensor_shape":\{"dim":\[\{"size":"-1"/,
    );
  });

  it('answers rows with rows and columns with columns', async () => {
    const rows = [
      [1, 2, 3],
      [9, 2, 3],
    ];
    const records = rows.map(([distance, hour, wind]) => ({ distance, hour, wind }));
    for (const [path, body] of [
      ['late-flights:predict', { instances: rows }],
      ['late-flights/versions/1:predict', { signature_name: 'serving_default', instances: rows }],
      ['late-flights:predict', { instances: rows.map((X) => ({ X })) }],
      ['late-flights:predict', { instances: records }],
    ] as const) {
      const { status, body: answer } = await ask(path, body);
      assert.equal(status, 200, JSON.stringify(answer));
      const predictions = answer.predictions as { label: number; probabilities: number[] }[];
      assert.deepEqual(
        predictions.map(({ label }) => label),
        [0, 1],
      );
      assert.equal(predictions[0]?.probabilities.length, 2);
    }
    for (const body of [
      { inputs: rows },
      { inputs: { X: rows } },
      { inputs: { distance: [1, 9], hour: [2, 2], wind: [[3], [3]] } },
    ]) {
      const { outputs } = (await ask('late-flights:predict', body)).body;
      assert.deepEqual((outputs as { label: number[] }).label, [0, 1]);
    }
  });

  it('gives an only output without its name, in all its dimensions', async () => {
    assert.equal((await ask('one:predict', { instances: [[1, 2]] }, 'one')).text, '{"predictions":[[1,2]]}');
    assert.equal((await ask('one:predict', { inputs: [[1, 2]] }, 'one')).text, '{"outputs":[[1,2]]}');
    assert.equal(
      (await ask('one:predict', { instances: [{ X: [1, 2] }] }, 'one')).text,
      '{"predictions":[[1,2]]}',
    );
  });

  it('takes and gives bare NaN and Infinity, and texts as bytes', async () => {
    const body = '{"instances":[{"x": 1.5, "s": "NaN"},{"x": -2,"s":{"b64":"Y2Fm4w=="}}]}'.replace(
      'Y2Fm4w==',
      'Y2Fmw6M=',
    );
    const { text } = await ask('pair:predict', body, 'pair');
    assert.equal(text, '{"predictions":[{"x_out":[1.5],"s_out":["NaN"]},{"x_out":[-2],"s_out":["cafã"]}]}');
    assert.equal(
      (await ask('one:predict', '{"instances":[[1,NaN]]}', 'one')).text,
      '{"predictions":[[1,NaN]]}',
    );
    assert.equal(
      (await ask('one:predict', '{"inputs":[[1,-Infinity],[2,Infinity]]}', 'one')).text,
      '{"outputs":[[1,-Infinity],[2,Infinity]]}',
    );
    const elsewhere = await request(`${server.httpUrl}/models/one/invocations`, {
      key: 'one',
      body: '{"inputs":[[1,NaN]]}',
    });
    assert.equal(elsewhere.status, 400);
  });

  it('classifies and regresses examples, with what they have in common in the context', async () => {
    const classified = await ask('late-flights:classify', {
      context: { hour: [2] },
      examples: [
        { distance: 1, wind: 3 },
        { distance: [9], wind: 3 },
      ],
    });
    const results = classified.body.results as [string, number][][];
    assert.deepEqual(
      results.map((pairs) => pairs.map(([label]) => label)),
      [
        ['0', '1'],
        ['0', '1'],
      ],
    );
    assert.ok((results[1]?.[1]?.[1] ?? 0) > 0.5);
    assert.equal(
      (await ask('pair:regress', { examples: [{ x: 2.5, s: 'a' }] }, 'pair')).text,
      '{"results":[2.5]}',
    );
    assert.equal((await ask('late-flights:regress', { examples: [{ distance: 1 }] })).status, 400);
  });

  it('refuses in its own form', async () => {
    const wrong: [unknown, RegExp][] = [
      [{}, /exactly one of instances/],
      [{ instances: [[1, 2, 3]], inputs: [[1, 2, 3]] }, /exactly one of instances/],
      [{ instances: [] }, /at least one row/],
      [{ instances: [[1, 2]] }, /shape/],
      [{ instances: [[1, 2, 'x']] }, /"x"/],
      [{ instances: [{ distance: 1 }] }, /lacks the columns hour/],
      [{ instances: [[1, 2, 3], [1]] }, /no one shape/],
      [{ signature_name: 'other', instances: [[1, 2, 3]] }, /no signature "other"/],
      ['{"instances":[[1,2,NaNN]]}', /not JSON/],
      ['[1]', /not a JSON object/],
      ['{', /not JSON/],
      [{ instances: { b64: '*' } }, /no base64/],
    ];
    for (const [body, message] of wrong) {
      const answer = await ask('late-flights:predict', body);
      assert.equal(answer.status, 400, answer.text);
      assert.deepEqual(Object.keys(answer.body), ['error']);
      assert.match(String(answer.body.error), message);
    }
    assert.deepEqual((await ask('other:predict', {})).status, 404);
    assert.deepEqual((await ask('late-flights/versions/9:predict', {})).status, 404);
    const nobody = await ask('late-flights:predict', {}, 'nobody');
    assert.deepEqual([nobody.status, Object.keys(nobody.body)], [401, ['error']]);
  });
});

describe('the inference API of TorchServe', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    const one = makeIdentityGraph([{ name: 'X', datatype: 'FP32', row: [2] }]);
    files.write([
      makeEndpoint(files.addVersion(1, 5), {
        keys: [makeKey('secret'), makeKey('curious', { permissions: ['explain'] })],
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

  it('answers one row with one answer and several with a list', async () => {
    const row = { distance: 9, hour: 2, wind: 3 };
    const { body } = await ask('/predictions/late-flights', row);
    assert.deepEqual([body.label, Object.keys(body)], [1, ['label', 'probabilities']]);
    assert.equal((await ask('/predictions/late-flights/1', row)).body.label, 1);
    assert.equal((await ask('/predictions/one', [1, 2], 'one')).text, '[1,2]');
    assert.equal((await ask('/predictions/one', [[1, 2]], 'one')).text, '[[1,2]]');
    const many = await ask('/predictions/late-flights', { instances: [row, row] });
    assert.equal((JSON.parse(many.text) as unknown[]).length, 2);
  });

  it('does not explain, and says so to whoever may ask', async () => {
    const allowed = await ask('/explanations/late-flights', {}, 'curious');
    assert.deepEqual(
      [allowed.status, allowed.body.code, allowed.body.type],
      [501, 501, 'NotImplementedException'],
    );
    assert.equal((await ask('/explanations/late-flights', {})).status, 403);
    const { status, body } = await ask('/v1/models/late-flights:explain', {}, 'curious');
    assert.deepEqual([status, Object.keys(body)], [501, ['error']]);
    assert.equal((await ask('/v1/models/late-flights:explain', {})).status, 403);
  });

  it('refuses in its own form', async () => {
    for (const [path, body, key, status] of [
      ['/predictions/none', {}, 'secret', 404],
      ['/predictions/late-flights/7', {}, 'secret', 404],
      ['/predictions/late-flights', {}, 'nobody', 401],
      ['/predictions/late-flights', {}, 'secret', 400],
      ['/predictions/late-flights', '{', 'secret', 400],
      ['/predictions/late-flights', 'NaN', 'secret', 400],
    ] as const) {
      const answer = await ask(path, body, key);
      assert.deepEqual(
        [answer.status, Object.keys(answer.body)],
        [status, ['code', 'type', 'message']],
        answer.text,
      );
    }
  });
});
