import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type StreamReply, trackingApi } from '@esteira/contracts';
import { openRoutes } from './tracking-routes.fixture.ts';

it('a run is started, logged, found, compared, finished and deleted over its routes', async () => {
  const { call, close } = await openRoutes();
  const started = await call<{ id: string }>(trackingApi.startRun, {
    body: { experiment: 'flights', name: 'one', tags: { a: 'b' } },
  });
  const params = { id: started.id };
  const batch = {
    params: { depth: 3 },
    metrics: [
      { name: 'loss', value: 'NaN', step: 1 },
      { name: 'val/auc', value: 0.5 },
      { name: 'inf', value: '-Infinity' },
    ],
  };
  await call(trackingApi.log, { params, body: batch });
  const shown = await call<{ metrics: Record<string, { value: unknown }>; tags: unknown }>(
    trackingApi.getRun,
    { params },
  );
  assert.deepEqual(
    Object.entries(shown.metrics).map(([name, { value }]) => [name, value]),
    [
      ['inf', '-Infinity'],
      ['loss', 'NaN'],
      ['val/auc', 0.5],
    ],
  );
  const history = await call<{ points: { value: unknown }[] }>(trackingApi.metricHistory, {
    params,
    query: { name: 'loss', limit: '10' },
  });
  assert.deepEqual(
    history.points.map((point) => point.value),
    ['NaN'],
  );
  const query = {
    filter: "params.depth = '3'",
    orderBy: 'metrics.inf',
    columns: 'metrics.inf, params.depth',
  };
  const found = await call<{ items: { metrics: object; tags: object }[] }>(trackingApi.searchRuns, { query });
  assert.deepEqual(
    found.items.map((run) => [Object.keys(run.metrics), run.tags]),
    [[['inf'], {}]],
  );
  const compared = await call<{ metrics: { values: unknown[] }[] }>(trackingApi.compareRuns, {
    body: { runs: [started.id] },
  });
  assert.deepEqual(compared.metrics[0]?.values, ['-Infinity']);
  const finished = await call<{ status: string; note: string }>(trackingApi.updateRun, {
    params,
    body: { status: 'succeeded', note: 'good' },
  });
  assert.deepEqual([finished.status, finished.note], ['succeeded', 'good']);
  assert.ok('deletedAt' in (await call(trackingApi.deleteRun, { params })));
  assert.deepEqual((await call<{ items: [] }>(trackingApi.searchRuns)).items, []);
  assert.equal(
    (await call<{ items: [] }>(trackingApi.searchRuns, { query: { deleted: 'only' } })).items.length,
    1,
  );
  assert.ok(!('deletedAt' in (await call(trackingApi.restoreRun, { params }))));
  await assert.rejects(call(trackingApi.searchRuns, { query: { cursor: 'bm90IGEgY3Vyc29y' } }), {
    code: 'INVALID_REQUEST',
  });
  await close();
});

it('a file goes up and comes down as a download, and is listed by folder and page', async () => {
  const { call, close } = await openRoutes();
  const { id } = await call<{ id: string }>(trackingApi.startRun, {
    body: { experiment: 'flights', name: 'one' },
  });
  const params = { id };
  async function* bytes() {
    yield Buffer.from('<script>');
    yield Buffer.from('</script>');
  }
  for (const path of ['plots/a.html', 'plots/b.html', 'plots0', 'model.onnx']) {
    await call(trackingApi.putArtifact, { params, query: { path }, body: bytes() });
  }
  type Listing = { items: { path: string }[]; nextCursor?: string };
  const first = await call<Listing>(trackingApi.listArtifacts, { params, query: { limit: 3 } });
  assert.deepEqual(
    first.items.map((file) => file.path),
    ['model.onnx', 'plots/a.html', 'plots/b.html'],
  );
  const second = await call<Listing>(trackingApi.listArtifacts, {
    params,
    query: { limit: 3, cursor: first.nextCursor },
  });
  assert.deepEqual([second.items.map((file) => file.path), second.nextCursor], [['plots0'], undefined]);
  const folder = await call<Listing>(trackingApi.listArtifacts, { params, query: { under: 'plots' } });
  assert.deepEqual(
    folder.items.map((file) => file.path),
    ['plots/a.html', 'plots/b.html'],
  );
  const reply = await call<StreamReply>(trackingApi.getArtifact, { params, query: { path: 'plots/a.html' } });
  assert.deepEqual(
    [reply.contentType, reply.size, reply.fileName],
    ['application/octet-stream', 17, 'a.html'],
  );
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.bytes) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), '<script></script>');
  await assert.rejects(call(trackingApi.getArtifact, { params, query: { path: '%2e%2e/x' } }), {
    code: 'ARTIFACT_PATH_INVALID',
  });
  await assert.rejects(call(trackingApi.getArtifact, { params, query: { path: 'x' } }), {
    code: 'ARTIFACT_NOT_FOUND',
  });
  await close();
});

it('experiments are made, listed by page, renamed, deleted and restored over their routes', async () => {
  const { call, close } = await openRoutes();
  for (const name of ['one', 'two', 'three']) await call(trackingApi.createExperiment, { body: { name } });
  type Listing = { items: { id: string; name: string }[]; nextCursor?: string };
  const first = await call<Listing>(trackingApi.listExperiments, { query: { limit: '2' } });
  const second = await call<Listing>(trackingApi.listExperiments, {
    query: { limit: '2', cursor: first.nextCursor },
  });
  assert.deepEqual(
    [...first.items, ...second.items].map((experiment) => experiment.name),
    ['three', 'two', 'one'],
  );
  const params = { id: first.items[0]?.id };
  assert.equal((await call(trackingApi.updateExperiment, { params, body: { name: 'drei' } })).name, 'drei');
  await call(trackingApi.deleteExperiment, { params });
  assert.equal((await call<Listing>(trackingApi.listExperiments)).items.length, 2);
  const deleted = { query: { deleted: 'only' } };
  assert.deepEqual(
    (await call<Listing>(trackingApi.listExperiments, deleted)).items.map(({ name }) => name),
    ['drei'],
  );
  await call(trackingApi.restoreExperiment, { params });
  assert.deepEqual((await call<Listing>(trackingApi.listExperiments, deleted)).items, []);
  assert.equal((await call(trackingApi.getExperiment, { params })).name, 'drei');
  await close();
});

it('names of metrics that are tricks with paths are refused by the contract', () => {
  for (const name of ['../x', '/x', 'a//b', 'a/..', 'a\\b', '', 'x'.repeat(251)]) {
    assert.ok(!trackingApi.log.body.safeParse({ metrics: [{ name, value: 1 }] }).success, name);
  }
});

it('runs are counted as they are searched, by any text that is in them', async () => {
  const { call, close } = await openRoutes();
  for (const [name, depth] of [
    ['one', 3],
    ['two', 5],
  ]) {
    const run = await call<{ id: string }>(trackingApi.startRun, { body: { experiment: 'flights', name } });
    await call(trackingApi.log, {
      params: { id: run.id },
      body: { params: { depth }, tags: { team: 'Blue' } },
    });
  }
  const count = async (query: object) =>
    (await call<{ runs: number }>(trackingApi.countRuns, { query })).runs;
  assert.equal(await count({}), 2);
  assert.equal(await count({ experiment: 'flights', filter: "params.depth = '3'" }), 1);
  assert.equal(await count({ text: 'BLU' }), 2);
  assert.equal(await count({ text: 'tw' }), 1);
  assert.equal(await count({ text: '%' }), 0);
  assert.equal(await count({ experiment: 'none' }), 0);
  await close();
});
