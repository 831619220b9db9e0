import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ModelSignature, placeMlflowSignature } from '@esteira/contracts';
import { makeIdentityGraph } from '../../identity-graph.fixture.ts';
import { makeEndpoint, makeKey, makeServerDirectory, signature } from '../../model-server.fixture.ts';
import { type RunningModelServer, startModelServer } from '../../start-model-server.ts';

const silent = { info() {}, warn() {}, error() {} };

function called(
  inputs: unknown,
  of: ModelSignature = signature,
  outputs: unknown = null,
  params: unknown = null,
) {
  const placed = placeMlflowSignature({ inputs, outputs, params }, of, of.label);
  assert.ok('signature' in placed, JSON.stringify(placed));
  return { ...of, call: placed.signature };
}

const named = ['distance', 'hour', 'wind'].map((name) => ({
  name,
  type: 'double',
  required: name !== 'wind',
}));
const tensor = [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 3] } }];
const rows = [
  [1, 2, 3],
  [9, 2, 3],
];
const columns = ['distance', 'hour', 'wind'];
const split = { columns, data: rows };
const records = rows.map((row) =>
  Object.fromEntries(row.map((value, index) => [columns[index] ?? '', value])),
);

describe('the scoring protocol of MLflow', () => {
  const files = makeServerDirectory();
  let server: RunningModelServer;

  before(async () => {
    const graph = makeIdentityGraph([
      { name: 'weight', datatype: 'FP32' },
      { name: 'amount', datatype: 'FP64' },
      { name: 'count', datatype: 'INT64' },
      { name: 'size', datatype: 'INT32' },
      { name: 'vip', datatype: 'BOOL' },
      { name: 'city', datatype: 'BYTES' },
      { name: 'at', datatype: 'INT64' },
    ]);
    const mixed = called(
      [
        { name: 'weight', type: 'float' },
        { name: 'amount', type: 'double', required: false },
        { name: 'count', type: 'long' },
        { name: 'size', type: 'integer' },
        { name: 'vip', type: 'boolean' },
        { name: 'city', type: 'string', required: false },
        { name: 'at', type: 'datetime' },
      ],
      graph.signature,
      null,
      [{ name: 'k', type: 'integer', default: 1, shape: null }],
    );
    const cube = makeIdentityGraph([{ name: 'X', datatype: 'FP32', row: [2, 2] }]);
    const cubeCall = called(
      [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 2, 2] } }],
      cube.signature,
    );
    const prompt = makeIdentityGraph([{ name: 'X', datatype: 'FP32' }]);
    const promptCall = called([{ name: 'prompt', type: 'double' }], prompt.signature);
    const serve = (
      name: string,
      version: number,
      onnx: Uint8Array | undefined,
      changed: Partial<ModelSignature>,
    ) =>
      makeEndpoint(files.addVersion(version, 5, onnx, changed), {
        name,
        limits: { maxBodyBytes: 10_000, maxRows: 100, timeoutMs: 2_000 },
        keys: [makeKey(name)],
      });
    files.write([
      serve('named', 1, undefined, called(named)),
      serve('tensor', 2, undefined, called(tensor)),
      serve('label', 3, undefined, called(named, signature, [{ type: 'long' }])),
      serve('plain', 4, undefined, {}),
      serve('mixed', 5, graph.onnx, mixed),
      serve('cube', 6, cube.onnx, cubeCall),
      serve('llm', 7, prompt.onnx, promptCall),
    ]);
    server = await startModelServer(
      {
        directory: files.directory,
        host: '127.0.0.1',
        port: 0,
        shipPauseMs: 10,
        statusIntervalMs: 1_000,
        drainMs: 1_000,
      },
      silent,
    );
  });
  after(async () => {
    await server.stop();
    files.remove();
  });

  async function send(
    endpoint: string,
    body: string,
    type: string | undefined,
    path = `/models/${endpoint}`,
  ) {
    const answer = await fetch(`${server.httpUrl}${path}/invocations`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${endpoint}`,
        ...(type === undefined ? {} : { 'content-type': type }),
      },
      // Bytes, because fetch names a media type for a text by itself.
      body: new Uint8Array(Buffer.from(body)),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: JSON.parse(text) as Record<string, unknown>,
    };
  }

  const ask = (endpoint: string, body: unknown) => send(endpoint, JSON.stringify(body), 'application/json');

  async function labels(endpoint: string, body: unknown): Promise<unknown> {
    const answer = await ask(endpoint, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(Object.keys(answer.body), ['predictions']);
    const { predictions } = answer.body;
    if (!Array.isArray(predictions)) return (predictions as { label: unknown }).label;
    return predictions.map((row: unknown) =>
      typeof row === 'object' && row !== null && 'label' in row ? row.label : row,
    );
  }

  it('answers the same to each of the four forms, in any order of the columns, more of them or not', async () => {
    const reversed = { columns: columns.toReversed(), data: rows.map((row) => row.toReversed()) };
    const wider = { columns: [...columns, 'unused'], data: rows.map((row) => [...row, 'x']) };
    for (const body of [
      { dataframe_split: split },
      { dataframe_split: { ...split, index: [0, 1] }, params: {} },
      { dataframe_split: reversed },
      { dataframe_split: wider },
      { dataframe_records: records },
      { instances: records },
      { inputs: { distance: [1, 9], hour: [2, 2], wind: [3, 3] } },
      { inputs: records },
    ]) {
      assert.deepEqual(await labels('named', body), [0, 1], JSON.stringify(body));
      assert.deepEqual(await labels('plain', body), [0, 1], JSON.stringify(body));
    }
  });

  it('gives tables as records, tensors by output, and one output without a name as its values', async () => {
    const [first] = (await ask('named', { dataframe_split: split })).body.predictions as Record<
      string,
      unknown
    >[];
    assert.deepEqual(Object.keys(first ?? {}), ['label', 'probabilities']);
    assert.equal((first?.probabilities as number[] | undefined)?.length, 2);
    for (const key of ['inputs', 'instances']) {
      const answer = (await ask('tensor', { [key]: rows })).body.predictions as Record<string, unknown>;
      assert.deepEqual(answer.label, [0, 1]);
    }
    assert.deepEqual(await labels('label', { dataframe_records: records }), [0, 1]);
    assert.deepEqual((await ask('label', { dataframe_records: records })).body, { predictions: [0, 1] });
    assert.deepEqual(await labels('plain', { inputs: rows }), [0, 1]);
  });

  it('takes matrices of one column for columns where the model has no words of its own', async () => {
    const inputs = { distance: [[1], [9]], hour: [[2], [2]], wind: [[3], [3]] };
    assert.deepEqual(await labels('plain', { inputs }), [0, 1]);
    assert.equal((await ask('named', { inputs })).status, 400);
  });

  it('takes tables for a tensor, and nested lists of any depth', async () => {
    assert.deepEqual(await labels('tensor', { dataframe_split: { data: rows } }), [0, 1]);
    assert.deepEqual(await labels('tensor', { dataframe_split: split }), [0, 1]);
    const nested = [
      [
        [1, 2],
        [3, 4],
      ],
    ];
    for (const body of [
      { inputs: nested },
      { instances: nested },
      { dataframe_split: { columns: ['a'], data: [[[1, 2, 3, 4]]] } },
    ])
      assert.deepEqual((await ask('cube', body)).body, { predictions: { X_out: nested } });
  });

  it('reads CSV by the types of the signature', async () => {
    const csv = 'wind,distance,hour\r\n3,1,2\r\n3,"9",2\r\n\r\n';
    for (const type of ['text/csv', 'text/csv; charset=utf-8', 'text/csv;charset="UTF-8"']) {
      const answer = await send('named', csv, type);
      assert.deepEqual(
        (answer.body.predictions as { label: number }[]).map(({ label }) => label),
        [0, 1],
      );
    }
    const mixed = `weight,count,size,vip,city,at,amount\n1,9007199254740993,-7,True,"São ""Paulo"", SP",2024-01-02,NA\n`;
    assert.equal(
      (await send('mixed', mixed, 'text/csv')).text,
      '{"predictions":[{"weight_out":1,"amount_out":null,"count_out":9007199254740993,"size_out":-7,"vip_out":true,' +
        '"city_out":"São \\"Paulo\\", SP","at_out":1704153600000000000}]}',
    );
    for (const broken of [
      '',
      'a,b\n1,2\n',
      'distance,hour,wind\n1,2,3,4\n',
      'distance,hour,wind\n"1,2,3\n',
      'distance,hour,wind\nx,2,3',
    ]) {
      const answer = await send('named', broken, 'text/csv');
      assert.deepEqual([answer.status, answer.body.error_code], [400, 'BAD_REQUEST'], broken);
    }
  });

  it('carries every type of column, whole and exact, and knows missing values', async () => {
    const row = {
      weight: 1,
      amount: 1.5,
      count: 7,
      size: 2,
      vip: true,
      city: 'x',
      at: '2024-01-02T03:04:05.5Z',
    };
    const answer = await ask('mixed', { dataframe_records: [row], params: { k: 3, unknown: 'passed over' } });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const [given] = answer.body.predictions as Record<string, unknown>[];
    assert.deepEqual(
      [given?.amount_out, given?.count_out, given?.size_out, given?.vip_out, given?.city_out, given?.at_out],
      [1.5, 7, 2, true, 'x', 1.7041646455e18],
    );
    const gaps = await ask('mixed', {
      inputs: { weight: [1], count: [1], size: [1.0], vip: [0], at: [0], city: [null] },
    });
    assert.deepEqual(gaps.status, 200, JSON.stringify(gaps.body));
    const wrong: [Record<string, unknown>, RegExp][] = [
      [{ ...row, count: 1.5 }, /count in row 0 has 1.5, which is no long/],
      [{ ...row, count: null }, /count in row 0 is missing/],
      [{ ...row, size: 3_000_000_000 }, /size in row 0 has 3000000000, which is no integer/],
      [{ ...row, vip: 'maybe' }, /vip in row 0/],
      [{ ...row, city: ['x'] }, /city in row 0/],
      [{ ...row, at: 'soon' }, /at in row 0 has "soon", which is no datetime/],
      [{ ...row, amount: 'a' }, /amount in row 0 has "a", which is no double/],
      [{ ...row, amount: {} }, /amount/],
    ];
    for (const [record, message] of wrong) {
      const refused = await ask('mixed', { dataframe_records: [record] });
      assert.equal(refused.status, 400, JSON.stringify(refused.body));
      assert.deepEqual(Object.keys(refused.body), ['error_code', 'message']);
      assert.match(String(refused.body.message), message);
    }
  });

  it('answers unwrapped to the unwrapped keys of language models', async () => {
    assert.deepEqual((await ask('llm', { prompt: 3 })).body, [{ X_out: 3 }]);
    assert.deepEqual((await ask('llm', { inputs: [3, 4] })).body, {
      predictions: [{ X_out: 3 }, { X_out: 4 }],
    });
  });

  it('says what is wrong in its own form, and nothing of how it works', async () => {
    const one = /dataframe_split.*dataframe_records.*instances.*inputs/;
    const wrong: [string, unknown, RegExp][] = [
      ['named', [1], one],
      ['named', {}, one],
      ['named', { foo: 1 }, one],
      ['named', { columns: ['x0'], data: [[1]] }, one],
      ['named', { inputs: [[1]], instances: [[1]] }, /exactly one/],
      ['named', { dataframe_split: [1, 2] }, /not an object/],
      ['named', { dataframe_split: { columns } }, /no data/],
      ['named', { dataframe_split: { ...split, more: 1 } }, /field more/],
      ['named', { dataframe_split: { columns, data: [[1, 2, 3], [1]] } }, /row 1 has 1 values for 3 columns/],
      [
        'named',
        { dataframe_split: { columns: ['hour', 'wind'], data: [[1, 2]] } },
        /lacks the columns distance/,
      ],
      ['named', { dataframe_split: { ...split, index: [1] } }, /index/],
      ['named', { dataframe_split: { columns: ['a', 'a'], data: [[1, 2]] } }, /a is given twice/],
      ['named', { dataframe_records: 'x' }, /list of records/],
      ['named', { dataframe_records: [1] }, /row 0 is not an object/],
      ['named', { dataframe_records: [] }, /lacks|no rows/],
      ['named', { inputs: { distance: [1], hour: [1, 2], wind: [1] } }, /hour has 2 values, distance has 1/],
      ['named', { inputs: rows }, /named columns: distance/],
      ['named', { inputs: 3 }, /named columns/],
      ['named', { dataframe_split: { columns, data: [[null, 2, 3]] } }, /distance is NaN or null in row 0/],
      ['named', { dataframe_split: { columns, data: [[1e300, 2, 3]] } }, /distance in row 0.*not finite/],
      ['tensor', { inputs: [[1, 2]] }, /shape/],
      ['tensor', { inputs: [[1, 2, 3], [1]] }, /no one shape/],
      ['tensor', { inputs: 1 }, /not a list/],
      ['mixed', { dataframe_records: [{}], params: [] }, /params is a list/],
      ['mixed', { dataframe_records: [{}], params: { k: 'x' } }, /parameter k has "x", which is no integer/],
    ];
    for (const [endpoint, body, message] of wrong) {
      const answer = await ask(endpoint, body);
      assert.equal(answer.status, 400, JSON.stringify([body, answer.body]));
      assert.deepEqual(Object.keys(answer.body), ['error_code', 'message']);
      assert.equal(answer.body.error_code, 'BAD_REQUEST');
      assert.match(String(answer.body.message), message);
    }
  });

  it('takes UTF-8 of two media types', async () => {
    const body = JSON.stringify({ dataframe_split: split });
    for (const type of ['application/json', 'application/json; charset=UTF-8'])
      assert.equal((await send('named', body, type)).status, 200);
    for (const type of [
      'application/x-unknown',
      'application/json; charset=latin-1',
      'application/json; foo=1',
      'text/csv; charset=utf-16',
      undefined,
    ]) {
      const answer = await send('named', body, type);
      assert.equal(answer.status, 415, String(type));
      assert.deepEqual(Object.keys(answer.body), ['error_code', 'message']);
    }
    assert.match(String((await send('named', body, 'x/y')).body.message), /application\/json/);
    const latin = await fetch(`${server.httpUrl}/models/named/invocations`, {
      method: 'POST',
      headers: { authorization: 'Bearer named', 'content-type': 'application/json' },
      body: new Uint8Array([0x22, 0xe3, 0x22]),
    });
    assert.equal(latin.status, 400);
  });

  it('tells health and version below the name, and takes predictions by POST alone', async () => {
    const get = (path: string, key = 'named') =>
      fetch(server.httpUrl + path, { headers: { authorization: `Bearer ${key}` } });
    for (const path of ['/models/named/ping', '/models/named/health'])
      assert.equal((await get(path)).status, 200);
    for (const path of ['/models/named/version', '/version'])
      assert.match(await (await get(path)).text(), /^\d/);
    const refused = await get('/models/named/invocations');
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'POST']);
    assert.equal(typeof ((await refused.json()) as { error_code: string }).error_code, 'string');
    for (const [path, key, status] of [
      ['/models/tensor/ping', 'named', 404],
      ['/models/none/ping', 'named', 404],
      ['/models/named/ping', 'nobody', 401],
      ['/version', 'nobody', 401],
    ] as const) {
      const answer = await get(path, key);
      assert.equal(answer.status, status, path);
      assert.deepEqual(Object.keys((await answer.json()) as object), ['error_code', 'message']);
    }
  });

  it('means the only endpoint at the root, and none where there are several', async () => {
    const several = await send('named', JSON.stringify({ dataframe_split: split }), 'application/json', '');
    assert.equal(several.status, 404);
    assert.match(String(several.body.message), /names no endpoint/);
  });

  it('tells the prediction id in a header', async () => {
    const { headers } = await ask('named', { dataframe_split: split });
    const id = headers.get('x-prediction-id') ?? '';
    assert.ok(files.spooled().some((line) => line.p === `${id}-1`));
  });
});

describe('a model server of one endpoint', () => {
  it('answers at the root', async () => {
    const files = makeServerDirectory();
    files.write([makeEndpoint(files.addVersion(1, 5))]);
    const options = {
      directory: files.directory,
      host: '127.0.0.1',
      port: 0,
      shipPauseMs: 10,
      statusIntervalMs: 1_000,
      drainMs: 1_000,
    };
    const server = await startModelServer(options, silent);
    try {
      const answer = await fetch(`${server.httpUrl}/invocations`, {
        method: 'POST',
        headers: { authorization: 'Bearer secret', 'content-type': 'application/json' },
        body: JSON.stringify({ dataframe_split: split }),
      });
      const { predictions } = (await answer.json()) as { predictions: { label: number }[] };
      assert.deepEqual(
        predictions.map(({ label }) => label),
        [0, 1],
      );
    } finally {
      await server.stop();
      files.remove();
    }
  });
});
