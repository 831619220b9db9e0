import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ModelSignature, signatureOfColumns } from '@esteira/contracts';
import {
  infer,
  makeEndpoint,
  makeKey,
  makeServerDirectory,
  matrix,
  spawnServer,
} from '../model-server.fixture.ts';

const rule: ModelSignature['rule'] = {
  kind: 'table',
  rules: [
    { when: { wind: { missing: true } }, score: 0.5 },
    { when: { distance: { atLeast: 5, below: 9 }, carrier: { oneOf: ['AA', 'BB'] } }, score: 0.9 },
    { when: { distance: { above: 8 } }, score: 0.7 },
  ],
  otherwise: 0.1,
};
const signature: ModelSignature = {
  ...signatureOfColumns({
    task: 'classification',
    columns: { distance: 'number', wind: 'number', carrier: 'text' },
  }),
  rule,
};

describe('a version that is a rule', () => {
  const files = makeServerDirectory();
  let server: Awaited<ReturnType<typeof spawnServer>>;
  before(async () => {
    const ruled = files.bundle(1, { 'signature.json': signature });
    const broken = files.addVersion(2, 5, Buffer.from('no graph'));
    files.write([
      makeEndpoint(ruled),
      makeEndpoint(broken, {
        name: 'broken',
        keys: [makeKey('of-broken')],
        fallback: { kind: 'version', bundle: ruled },
      }),
    ]);
    server = await spawnServer(files.directory);
  });
  after(async () => {
    server.process.kill();
    await server.ended;
    files.remove();
  });

  it('answers by the first row whose conditions all hold, and is logged as any version is', async () => {
    const rows = [
      [5, 1, 'AA'],
      [5, 1, 'CC'],
      [9, 1, 'AA'],
      [5, null, 'AA'],
      [5, 1, ''],
    ];
    const data = (column: number) => rows.map((row) => row[column]);
    const answer = await infer(server.url, {
      inputs: [
        { name: 'distance', shape: [5], datatype: 'FP64', data: data(0) },
        { name: 'wind', shape: [5], datatype: 'FP64', data: data(1) },
        { name: 'carrier', shape: [5], datatype: 'BYTES', data: data(2) },
      ],
    });
    assert.equal(answer.status, 200, answer.text);
    const [label, probabilities] = answer.body.outputs ?? [];
    assert.deepEqual(label?.data, [1, 0, 1, 1, 0]);
    assert.deepEqual(
      probabilities?.data.filter((_, index) => index % 2 === 1),
      [0.9, 0.1, 0.7, 0.5, 0.1],
    );
    const logged = files.spooled().filter(({ e }) => e === 'late-flights');
    assert.deepEqual(
      logged.map(({ m, v, st }) => [m, v, st]),
      [0.9, 0.1, 0.7, 0.5, 0.1].map((score) => ['mv_1', score, 'ok']),
    );
  });

  it('stands in for a model that fails, in the shape of that model', async () => {
    const answer = await infer(server.url, matrix([[8.5, 1, 1]]), {
      path: '/v2/models/broken/infer',
      key: 'of-broken',
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.parameters?.fallback_by, 'mv_1');
    const probabilities = answer.body.outputs?.find(({ name }) => name === 'probabilities');
    assert.equal(probabilities?.datatype, 'FP32');
    assert.equal(probabilities?.data[1], Math.fround(0.7));
    assert.equal(files.spooled().findLast(({ e }) => e === 'broken')?.m, 'mv_1');
  });
});
