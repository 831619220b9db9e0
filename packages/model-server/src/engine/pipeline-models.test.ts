import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type BundleRef, type ModelSignature, signatureOfColumns } from '@esteira/contracts';
import {
  signature as graphSignature,
  infer,
  makeEndpoint,
  makeKey,
  makeServerDirectory,
  matrix,
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
