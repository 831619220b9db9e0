import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluationDatasetsApi, type RouteDefinition, scorersApi } from '@esteira/contracts';
import { judge, openEvaluationDatasets } from './evaluation-datasets.fixture.ts';

const other = { ...judge, workspace: 'ws_2' };

async function openRoutes() {
  const { routes, close, time } = await openEvaluationDatasets();
  async function call(
    route: RouteDefinition,
    parts: { params?: unknown; query?: unknown; body?: unknown },
    context = judge,
  ) {
    const binding = routes.find((known) => known.route === route);
    assert.ok(binding, route.id);
    const request = {
      params: route.params?.parse(parts.params),
      query: route.query?.parse(parts.query ?? {}),
      body: route.body === 'stream' ? undefined : route.body?.parse(parts.body),
    };
    const answer = await binding.handle(request, context, new AbortController().signal);
    assert.ok(route.response !== 'stream');
    return route.response.parse(answer) as never;
  }
  return { call, close, time };
}

describe('evaluation datasets by the native API', () => {
  const { listDatasets, createDataset, getDataset, deleteDataset } = evaluationDatasetsApi;
  const { listRecords, addRecords, deleteRecord } = evaluationDatasetsApi;

  it('are made in experiments by their ids, filled, paged and deleted', async () => {
    const { call, close, time } = await openRoutes();
    const body = { name: 'questions', tags: { kind: 'qa' }, experiments: ['exp_1'] };
    const made: { id: string; experiments: unknown } = await call(createDataset, { body });
    assert.deepEqual(made.experiments, [{ id: 'exp_1', number: 1, name: 'experiment 1' }]);
    time.now += 1;
    await call(createDataset, { body: { name: 'later' } });

    const records = [{ inputs: { q: 1 }, expectations: { a: 2 } }, { inputs: { q: 2 } }];
    const params = { id: made.id };
    assert.deepEqual(await call(addRecords, { params, body: { records } }), { added: 2, merged: 0 });
    const again = [{ inputs: { q: 2 }, expectations: { a: 4 } }];
    assert.deepEqual(await call(addRecords, { params, body: { records: again } }), { added: 0, merged: 1 });

    type RecordPage = {
      items: { id: string; inputs: unknown; expectations: unknown }[];
      nextCursor?: string;
    };
    const first: RecordPage = await call(listRecords, { params, query: { limit: 1 } });
    const rest: RecordPage = await call(listRecords, {
      params,
      query: { limit: 1, cursor: first.nextCursor },
    });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ inputs, expectations }) => [inputs, expectations]),
      [
        [{ q: 1 }, { a: 2 }],
        [{ q: 2 }, { a: 4 }],
      ],
    );
    assert.equal(rest.nextCursor, undefined);
    await call(deleteRecord, { params: { ...params, record: first.items[0]?.id } });

    const narrowed: { items: { name: string; records: number }[] } = await call(listDatasets, {
      query: { experiment: 'exp_1' },
    });
    assert.deepEqual(
      narrowed.items.map(({ name, records: count }) => [name, count]),
      [['questions', 1]],
    );
    const all: { items: { name: string }[]; nextCursor?: string } = await call(listDatasets, {
      query: { limit: 1 },
    });
    assert.deepEqual([all.items[0]?.name, typeof all.nextCursor], ['later', 'string']);
    await call(deleteDataset, { params });
    await assert.rejects(call(getDataset, { params }), { code: 'EVALUATION_DATASET_NOT_FOUND' });
    await assert.rejects(call(deleteDataset, { params }), { code: 'EVALUATION_DATASET_NOT_FOUND' });
    await assert.rejects(call(createDataset, { body: { name: 'x', experiments: ['exp_9'] } }), {
      code: 'EXPERIMENT_NOT_FOUND',
    });
    await close();
  });

  it('are seen in their workspace alone', async () => {
    const { call, close } = await openRoutes();
    const made: { id: string } = await call(createDataset, { body: { name: 'ours' } });
    const params = { id: made.id };
    const missing = { code: 'EVALUATION_DATASET_NOT_FOUND' };
    assert.deepEqual(await call(listDatasets, {}, other), { items: [] });
    await assert.rejects(call(getDataset, { params }, other), missing);
    await assert.rejects(call(listRecords, { params }, other), missing);
    await assert.rejects(call(deleteDataset, { params }, other), missing);
    await close();
  });
});

describe('scorers by the native API', () => {
  const { listScorers, registerScorer, getScorer, listScorerVersions, deleteScorer } = scorersApi;
  type Version = { id: string; name: string; version: number; definition: unknown };
  type Versions = { items: Version[]; nextCursor?: string };
  const brief = { experiment: 'exp_1', name: 'brief' };

  it('are registered version by version, listed by their newest, paged and deleted', async () => {
    const { call, close, time } = await openRoutes();
    const definition = { instructions: 'Is it short?' };
    const made: Version = await call(registerScorer, { body: { ...brief, definition } });
    const next: Version = await call(registerScorer, { body: { ...brief, definition: { a: 1 } } });
    assert.deepEqual([made.version, next.version, next.id], [1, 2, made.id]);
    time.now += 1;
    await call(registerScorer, { body: { experiment: 'exp_2', name: 'polite', definition } });

    const first: Versions = await call(listScorers, { query: { limit: 1 } });
    const rest: Versions = await call(listScorers, { query: { limit: 1, cursor: first.nextCursor } });
    assert.deepEqual(
      [...first.items, ...rest.items].map(({ name, version }) => [name, version]),
      [
        ['polite', 1],
        ['brief', 2],
      ],
    );
    assert.equal(rest.nextCursor, undefined);
    const ofOne: Versions = await call(listScorers, { query: { experiment: 'exp_1' } });
    assert.deepEqual(
      ofOne.items.map(({ name }) => name),
      ['brief'],
    );

    const params = { id: made.id };
    const newest: Versions = await call(listScorerVersions, { params, query: { limit: 1 } });
    const oldest: Versions = await call(listScorerVersions, {
      params,
      query: { limit: 1, cursor: newest.nextCursor },
    });
    assert.deepEqual([newest.items[0]?.version, oldest.items[0]?.definition], [2, definition]);
    await call(deleteScorer, { params, query: { version: 2 } });
    assert.equal(((await call(getScorer, { params })) as Version).version, 1);
    await call(deleteScorer, { params });
    await assert.rejects(call(getScorer, { params }), { code: 'SCORER_ID_NOT_FOUND' });
    await assert.rejects(call(listScorerVersions, { params }), { code: 'SCORER_ID_NOT_FOUND' });
    await close();
  });

  it('that hold code are refused, and those of another workspace are not there', async () => {
    const { call, close } = await openRoutes();
    const code = { call_source: 'print(1)' };
    await assert.rejects(call(registerScorer, { body: { ...brief, definition: code } }), {
      code: 'SCORER_HOLDS_CODE',
    });
    const made: Version = await call(registerScorer, { body: { ...brief, definition: {} } });
    const params = { id: made.id };
    await assert.rejects(call(getScorer, { params }, other), { code: 'SCORER_ID_NOT_FOUND' });
    await assert.rejects(call(deleteScorer, { params }, other), { code: 'SCORER_ID_NOT_FOUND' });
    await close();
  });
});
