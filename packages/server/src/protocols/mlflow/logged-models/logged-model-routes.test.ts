import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import { openRegistryFixture } from '../../../registry/registry.fixture.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { loggedModelRoutes } from './logged-model-routes.ts';

const base = '/api/2.0/mlflow/logged-models';

interface Model {
  readonly info: Readonly<Record<string, unknown>> & { readonly model_id: string; readonly name: string };
  readonly data: {
    readonly params: readonly { key: string; value: string }[];
    readonly metrics: readonly Readonly<Record<string, unknown>>[];
  };
}

describe('logged models over the wire', () => {
  let house: Awaited<ReturnType<typeof open>>;
  let experiment = '';
  before(async () => {
    house = await open();
    const made = await house.tracking.createExperiment(house.engineer, { name: 'nets', note: '' });
    experiment = String(made.number);
  });
  after(() => house.close());

  async function open() {
    const opened = await openRegistryFixture();
    const routes = loggedModelRoutes({ ...opened, random: opened.deps.random });
    const mlflow = await openMlflow(routes, opened.engineer);
    return {
      ...opened,
      ...mlflow,
      async close() {
        await mlflow.close();
        await opened.close();
      },
    };
  }

  async function create(body: object): Promise<Model> {
    return (
      await house.call<{ model: Model }>('POST', base, { body: { experiment_id: experiment, ...body } })
    ).model;
  }

  async function find(body: object): Promise<string[]> {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const answer = await house.call<{ models: Model[]; next_page_token?: string }>(
        'POST',
        `${base}/search`,
        {
          body: {
            experiment_ids: [experiment],
            ...body,
            ...(token === undefined ? {} : { page_token: token }),
          },
        },
      );
      found.push(...answer.models.map(({ info }) => info.name));
      token = answer.next_page_token;
    } while (token !== undefined);
    return found;
  }

  it('move from pending to ready with parameters and tags, and go', async () => {
    const { call, refused } = house;
    const made = await create({
      name: 'net',
      source_run_id: 'r1',
      params: [{ key: 'lr', value: '0.1' }],
      tags: [{ key: 'a', value: '1' }],
    });
    const id = made.info.model_id;
    assert.match(id, /^m-[0-9a-f]{32}$/);
    assert.deepEqual(
      [made.info.status, made.info.artifact_uri, made.info.experiment_id],
      ['LOGGED_MODEL_PENDING', `mlflow-artifacts:/${experiment}/models/${id}/artifacts`, experiment],
    );
    await call('POST', `${base}/${id}/params`, { body: { params: [{ key: 'depth', value: '3' }] } });
    await call('POST', `${base}/${id}/params`, { body: { params: [{ key: 'depth', value: '3' }] } });
    assert.match(
      await refused('POST', `${base}/${id}/params`, { body: { params: [{ key: 'depth', value: '4' }] } }),
      /^4/,
    );
    await call('PATCH', `${base}/${id}/tags`, { body: { tags: [{ key: 'b', value: '2' }] } });
    await call('DELETE', `${base}/${id}/tags/a`);
    assert.equal(await refused('DELETE', `${base}/${id}/tags/a`), '404 RESOURCE_DOES_NOT_EXIST');
    const { model } = await call<{ model: Model }>('PATCH', `${base}/${id}`, {
      body: { model_id: id, status: 'LOGGED_MODEL_READY' },
    });
    assert.deepEqual(
      [model.info.status, model.info.tags, model.data.params],
      [
        'LOGGED_MODEL_READY',
        [{ key: 'b', value: '2' }],
        [
          { key: 'depth', value: '3' },
          { key: 'lr', value: '0.1' },
        ],
      ],
    );
    await call('DELETE', `${base}/${id}`);
    assert.equal(await refused('GET', `${base}/${id}`), '404 RESOURCE_DOES_NOT_EXIST');
    assert.equal(
      (await call<{ model: Model }>('GET', `${base}/${id}?allow_deleted=true`)).model.info.model_id,
      id,
    );
    assert.deepEqual(await find({ experiment_ids: [] }), []);
    assert.deepEqual(await find({}), []);
  });

  it('are found by attribute, metric of a data set, parameter and tag, in the order of the newest values', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 4; index++) {
      house.time.now++;
      const model = await create({
        name: `net${index}`,
        params: [{ key: 'k', value: String(index % 2) }],
        tags: [{ key: 'family', value: index < 2 ? 'a' : 'b' }],
      });
      ids.push(model.info.model_id);
    }
    const runId = await house.startRun();
    const point = (index: number, value: number, step: number, datasetName: string) => ({
      modelId: ids[index] ?? '',
      name: 'acc',
      value,
      step,
      at: step,
      datasetName,
      datasetDigest: 'd1',
    });
    const metrics = [
      point(0, 0.9, 1, 'train'),
      point(0, 0.1, 2, 'test'),
      point(1, 0.5, 1, 'test'),
      point(2, Number.NaN, 1, 'test'),
    ];
    await house.tracking.log(house.engineer, runId, { metrics });
    assert.deepEqual(await find({}), ['net3', 'net2', 'net1', 'net0']);
    assert.deepEqual(await find({ filter: "name = 'net2'" }), ['net2']);
    assert.deepEqual(await find({ filter: "params.k = '1' AND tags.family = 'b'" }), ['net3']);
    assert.deepEqual(await find({ filter: 'metrics.acc >= 0.5' }), ['net1', 'net0']);
    const test = [{ dataset_name: 'test' }];
    assert.deepEqual(await find({ filter: 'metrics.acc >= 0.5', datasets: test }), ['net1']);
    assert.deepEqual(await find({ datasets: [{ dataset_name: 'train', dataset_digest: 'd1' }] }), ['net0']);
    assert.deepEqual(await find({ filter: "status = 'PENDING' AND name LIKE 'net%'" }), [
      'net3',
      'net2',
      'net1',
      'net0',
    ]);
    const byMetric = { field_name: 'metrics.acc', ascending: false };
    assert.deepEqual(await find({ order_by: [byMetric], max_results: 1 }), ['net1', 'net0', 'net2', 'net3']);
    assert.deepEqual(await find({ order_by: [{ ...byMetric, dataset_name: 'train' }], max_results: 2 }), [
      'net0',
      'net3',
      'net2',
      'net1',
    ]);
    assert.deepEqual(await find({ order_by: [{ field_name: 'name', ascending: true }] }), [
      'net0',
      'net1',
      'net2',
      'net3',
    ]);
    const { model } = await house.call<{ model: Model }>('GET', `${base}/${ids[2]}`);
    assert.deepEqual(model.data.metrics, [
      {
        key: 'acc',
        value: 'NaN',
        timestamp: 1,
        step: 1,
        dataset_name: 'test',
        dataset_digest: 'd1',
        model_id: ids[2],
        run_id: runId,
      },
    ]);
  });

  it('say which versions they have become', async () => {
    const { registry, engineer, call } = house;
    const { info } = await create({ name: 'registered' });
    await registry.createModel(engineer, { name: 'fraud', description: '' });
    await registry.registerKept(engineer, {
      model: 'fraud',
      source: `models:/${info.model_id}`,
      location: '',
      files: { kind: 'logged-model', id: info.model_id, path: '' },
      runId: null,
      runLink: '',
      loggedModelId: info.model_id,
      tags: {},
      description: '',
    });
    const { model } = await call<{ model: Model }>('GET', `${base}/${info.model_id}`);
    assert.deepEqual(model.info.registrations, [{ name: 'fraud', version: '1' }]);
  });

  it('belong to one workspace, and are refused in the words of the protocol', async () => {
    const { info } = await create({ name: 'own' });
    const workspace = 'ws_other';
    assert.equal(
      await house.refused('GET', `${base}/${info.model_id}`, { workspace }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    assert.equal(
      await house.refused('DELETE', `${base}/${info.model_id}`, { workspace }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    const bad: [WireRoute['method'], string, object][] = [
      ['POST', base, { name: 'x' }],
      ['POST', base, { experiment_id: experiment, name: 'a/b' }],
      ['POST', base, { experiment_id: experiment, params: [{ value: 'x' }] }],
      ['PATCH', `${base}/${info.model_id}`, { status: 'DONE' }],
      ['PATCH', `${base}/${info.model_id}`, { status: 9 }],
      ['POST', `${base}/search`, {}],
      ['POST', `${base}/search`, { experiment_ids: [experiment], filter: "metrics.acc = 'x'" }],
      ['POST', `${base}/search`, { experiment_ids: [experiment], filter: "datasets.x = 'x'" }],
      ['POST', `${base}/search`, { experiment_ids: [experiment], datasets: [{}] }],
      ['POST', `${base}/search`, { experiment_ids: [experiment], order_by: [{ field_name: 'params.k' }] }],
      ['POST', `${base}/search`, { experiment_ids: [experiment], page_token: 'abc' }],
    ];
    for (const [method, path, body] of bad)
      assert.equal(
        await house.refused(method, path, { body }),
        '400 INVALID_PARAMETER_VALUE',
        JSON.stringify(body),
      );
    assert.equal(
      await house.refused('POST', base, { body: { experiment_id: '999' } }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
  });

  it('never fail on values of any kind', async () => {
    const values = [null, 0, -1, 1.5, true, '', 'x', '\0', [], [1], {}, { key: 1 }, '\ud800', '9'.repeat(30)];
    const { info } = await create({ name: 'fuzzed' });
    const calls: [WireRoute['method'], string, string[]][] = [
      ['POST', base, ['experiment_id', 'name', 'model_type', 'source_run_id', 'params', 'tags']],
      [
        'POST',
        `${base}/search`,
        ['experiment_ids', 'filter', 'datasets', 'max_results', 'order_by', 'page_token'],
      ],
      ['PATCH', `${base}/${info.model_id}`, ['status', 'model_id']],
      ['PATCH', `${base}/${info.model_id}/tags`, ['tags']],
      ['POST', `${base}/${info.model_id}/params`, ['params']],
    ];
    for (const [method, path, fields] of calls)
      for (const field of fields)
        for (const value of values) {
          const body = { experiment_id: experiment, experiment_ids: [experiment], [field]: value };
          const answer = await house.send(method, path, { body });
          assert.ok(answer.statusCode < 500, `${path} ${field} ${JSON.stringify(value)}: ${answer.body}`);
        }
  });
});
