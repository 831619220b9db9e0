import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loggedModelsApi, type RouteDefinition } from '@esteira/contracts';
import { createLoggedModelRoutes } from '../tracking/index.ts';
import { openRegistryFixture } from './registry.fixture.ts';

const mlModel = `flavors:
  python_function:
    loader_module: mlflow.sklearn
  sklearn:
    pickled_model: model.pkl
signature:
  inputs: '[{"type": "double", "name": "distance", "required": true}, {"type": "string", "name": "carrier", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: null
`;

describe('logged models are shown', () => {
  let house: Awaited<ReturnType<typeof openRegistryFixture>>;
  let experiment = 0;
  before(async () => {
    house = await openRegistryFixture();
    experiment = (await house.tracking.createExperiment(house.engineer, { name: 'flights', note: '' }))
      .number;
  });
  after(() => house.close());

  /** Calls a route as the HTTP layer does: each part through its schema, the answer too. */
  async function call<R>(route: RouteDefinition, parts: { params?: unknown; query?: unknown }): Promise<R> {
    const routes = createLoggedModelRoutes({ ...house, describe: house.registry.describeLoggedModel });
    const binding = routes.find((known) => known.route === route);
    assert.ok(binding, route.id);
    const request = {
      params: route.params?.parse(parts.params),
      query: route.query?.parse(parts.query ?? {}),
    };
    const answer = await binding.handle({ ...request, body: undefined }, house.engineer, AbortSignal.any([]));
    return (route.response === 'stream' ? answer : route.response.parse(answer)) as R;
  }

  async function log(name: string, params: Record<string, string> = {}): Promise<string> {
    const made = { experimentNumber: experiment, type: 'sklearn', sourceRunId: null, tags: {} };
    return (await house.loggedModels.create(house.engineer, { ...made, name, params })).id;
  }

  async function put(id: string, path: string, text: string): Promise<void> {
    const bytes = (async function* () {
      yield Buffer.from(text);
    })();
    await house.tracking.artifacts.put(house.engineer, { kind: 'logged-model', id }, path, bytes);
  }

  it('with the flavors and the signature of its MLmodel, its files, and the versions that were made of it', async () => {
    const id = await log('forest', { depth: '4' });
    await put(id, 'MLmodel', mlModel);
    await put(id, 'model.pkl', 'x');
    await house.registry.createModel(house.engineer, { name: 'late', description: '' });
    await house.registry.registerKept(house.engineer, {
      model: 'late',
      source: `models:/${id}`,
      location: `models:/${id}`,
      files: { kind: 'logged-model', id, path: '' },
      runId: null,
      runLink: '',
      loggedModelId: id,
      description: '',
      tags: {},
    });
    const shown = await call<Record<string, unknown>>(loggedModelsApi.getLoggedModel, { params: { id } });
    assert.deepEqual([shown.name, shown.experiment, shown.params], ['forest', 'flights', { depth: '4' }]);
    assert.deepEqual(shown.description, {
      flavors: ['python_function', 'sklearn'],
      signature: {
        inputs: [
          { name: 'distance', type: 'double', required: true, shape: null },
          { name: 'carrier', type: 'string', required: false, shape: null },
        ],
        outputs: [{ name: null, type: 'int64', required: true, shape: [-1] }],
        params: [],
      },
      versions: [{ model: 'late', version: 1 }],
    });
    const files = await call<{ items: { path: string }[]; nextCursor?: string }>(
      loggedModelsApi.listLoggedModelArtifacts,
      { params: { id }, query: { limit: 1 } },
    );
    assert.deepEqual(
      files.items.map(({ path }) => path),
      ['MLmodel'],
    );
    const rest = await call<{ items: { path: string }[] }>(loggedModelsApi.listLoggedModelArtifacts, {
      params: { id },
      query: { cursor: files.nextCursor },
    });
    assert.deepEqual(
      rest.items.map(({ path }) => path),
      ['model.pkl'],
    );
    const file = await call<{ size: number }>(loggedModelsApi.getLoggedModelArtifact, {
      params: { id },
      query: { path: 'model.pkl' },
    });
    assert.equal(file.size, 1);
  });

  it('without files, or with an MLmodel that is none, as models that nothing more is known of', async () => {
    const bare = await log('bare');
    const broken = await log('broken');
    await put(broken, 'MLmodel', 'flavors: [');
    for (const id of [bare, broken]) {
      const shown = await call<Record<string, unknown>>(loggedModelsApi.getLoggedModel, { params: { id } });
      assert.deepEqual(shown.description, { flavors: [], signature: null, versions: [] });
    }
  });

  it('in a list of their experiment, by a part of their names and in the order that is asked for', async () => {
    const names = async (query: Record<string, unknown>) => {
      const { items } = await call<{ items: { name: string }[] }>(loggedModelsApi.searchLoggedModels, {
        query,
      });
      return items.map(({ name }) => name);
    };
    for (const experiment of ['flights', undefined])
      assert.deepEqual(await names({ experiment, orderBy: 'name' }), ['bare', 'broken', 'forest']);
    assert.deepEqual(await names({ orderBy: 'name desc', limit: 1 }), ['forest']);
    assert.deepEqual(await names({ text: 'ORE' }), ['forest']);
    assert.deepEqual(await names({ run: 'run_unknown' }), []);
  });

  it('never where there is none: an unknown model, file, experiment or order is refused', async () => {
    const params = { id: 'm-unknown' };
    await assert.rejects(call(loggedModelsApi.getLoggedModel, { params }), {
      code: 'LOGGED_MODEL_NOT_FOUND',
    });
    const id = await log('lonely');
    await assert.rejects(
      call(loggedModelsApi.getLoggedModelArtifact, { params: { id }, query: { path: 'MLmodel' } }),
      { code: 'ARTIFACT_NOT_FOUND' },
    );
    await assert.rejects(call(loggedModelsApi.searchLoggedModels, { query: { experiment: 'nowhere' } }), {
      code: 'EXPERIMENT_NOT_FOUND',
    });
    for (const orderBy of ['colour', 'params.depth', 'name sideways'])
      await assert.rejects(
        call(loggedModelsApi.searchLoggedModels, { query: { experiment: 'flights', orderBy } }),
        { code: 'INVALID_REQUEST' },
      );
  });
});
