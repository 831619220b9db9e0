import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openEvaluationDatasets } from '../../../evaluation/evaluation-datasets.fixture.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { datasetRoutes } from './dataset-routes.ts';
import { scorerRoutes } from './scorer-routes.ts';

const base = '/api/3.0/mlflow/datasets';
const scorerBase = '/api/3.0/mlflow/scorers';

async function open() {
  const { datasets, scorers, close } = await openEvaluationDatasets();
  const mlflow = await openMlflow([
    ...datasetRoutes({ evaluationDatasets: datasets }),
    ...scorerRoutes({ scorers }),
  ]);
  const create = async (body: object = {}) =>
    (await mlflow.call<{ dataset: Dataset }>('POST', `${base}/create`, { body: { name: 'd', ...body } }))
      .dataset;
  return {
    ...mlflow,
    create,
    async close() {
      await mlflow.close();
      await close();
    },
  };
}

interface Dataset {
  readonly dataset_id: string;
  readonly digest: string;
  readonly [field: string]: unknown;
}

describe('evaluation datasets over the wire', () => {
  it('are made with tags and experiments, and read back alike', async () => {
    const { create, call, refused, close } = await open();
    const made = await create({ tags: '{"kind":"qa","mlflow.user":"ana"}', experiment_ids: ['2', '1'] });
    const { dataset_id: id, created_time, digest, ...rest } = made;
    assert.match(id, /^d-[0-9a-f]{32}$/);
    assert.match(digest, /^[0-9a-f]{8}$/);
    assert.deepEqual(rest, {
      name: 'd',
      tags: '{"kind":"qa","mlflow.user":"ana"}',
      last_update_time: created_time,
      created_by: 'ana',
      last_updated_by: 'ana',
      experiment_ids: ['1', '2'],
    });
    const got = await call<{ dataset: Dataset }>('GET', `${base}/${id}`);
    assert.deepEqual(JSON.parse(String(got.dataset.tags)), { kind: 'qa', 'mlflow.user': 'ana' });
    const ids = await call('GET', `${base}/${id}/experiment-ids`);
    assert.deepEqual(ids, { experiment_ids: ['1', '2'] });
    await call('POST', `${base}/${id}/add-experiments`, { body: { experiment_ids: ['0'] } });
    const left = await call<{ dataset: Dataset }>('POST', `${base}/${id}/remove-experiments`, {
      body: { experiment_ids: ['1', '2'] },
    });
    assert.deepEqual(left.dataset.experiment_ids, ['0']);
    const to = `${base}/${id}/add-experiments`;
    assert.equal(
      await refused('POST', to, { body: { experiment_ids: ['9'] } }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    await call('PATCH', `${base}/${id}/tags`, { body: { tags: '{"kind":"new","n":1,"none":null}' } });
    await call('DELETE', `${base}/${id}/tags/mlflow.user`);
    const tagged = await call<{ dataset: Dataset }>('GET', `${base}/${id}`);
    assert.equal(tagged.dataset.tags, '{"kind":"new","n":"1"}');
    await call('DELETE', `${base}/${id}`);
    await call('DELETE', `${base}/${id}`);
    assert.equal(await refused('GET', `${base}/${id}`), '404 RESOURCE_DOES_NOT_EXIST');
    await close();
  });

  it('take records, merge those with the same inputs and give them page by page', async () => {
    const { create, call, close } = await open();
    const { dataset_id: id, digest } = await create();
    const records = [
      { inputs: { q: '1+1' }, expectations: { a: '2' }, tags: { src: 'x', 'mlflow.user': 'ana' } },
      { inputs: { q: '2+2' }, source: { source_type: 'trace', source_data: { trace_id: 'tr-1' } } },
      { inputs: { q: '1+1' }, expectations: { b: 'two' }, outputs: 'z' },
    ];
    const counts = await call('POST', `${base}/${id}/records`, {
      body: { records: JSON.stringify(records) },
    });
    assert.deepEqual(counts, { inserted_count: 2, updated_count: 1 });
    interface Page {
      readonly records: string;
      readonly next_page_token?: string;
    }
    const first = await call<Page>('GET', `${base}/${id}/records?max_results=1`);
    const second = await call<Page>('GET', `${base}/${id}/records?page_token=${first.next_page_token}`);
    assert.equal(second.next_page_token, undefined);
    const [one] = JSON.parse(first.records);
    const [two] = JSON.parse(second.records);
    assert.deepEqual(one.expectations, { a: '2', b: 'two' });
    assert.deepEqual([one.outputs, one.created_by, one.dataset_id], ['z', 'ana', id]);
    assert.deepEqual(two.source, { source_type: 'TRACE', source_data: { trace_id: 'tr-1' } });
    assert.deepEqual([two.source_type, two.source_id, two.outputs, two.tags], ['TRACE', 'tr-1', {}, {}]);
    const { dataset } = await call<{ dataset: Dataset }>('GET', `${base}/${id}`);
    assert.equal(dataset.profile, '{"num_records":2}');
    assert.deepEqual(JSON.parse(String(dataset.schema)), {
      inputs: { q: 'string' },
      outputs: 'string',
      expectations: { a: 'string', b: 'string' },
      version: '1.0',
    });
    assert.match(digest, /^[0-9a-f]{8}$/);
    const gone = { body: { dataset_record_ids: [one.dataset_record_id, 'dr-none'] } };
    assert.deepEqual(await call('DELETE', `${base}/${id}/records`, gone), { deleted_count: 1 });
    await close();
  });

  it('are searched with filters and orders, by POST and by GET', async () => {
    const { create, call, refused, close } = await open();
    await create({ name: 'alpha', tags: '{"k":"v"}', experiment_ids: ['1'] });
    await create({ name: 'beta', experiment_ids: ['2'] });
    const names = async (body: object) => {
      const { datasets } = await call<{ datasets: Dataset[] }>('POST', `${base}/search`, { body });
      return datasets.map(({ name }) => name);
    };
    const order = { order_by: ['name ASC'] };
    assert.deepEqual(await names(order), ['alpha', 'beta']);
    assert.deepEqual(await names({ filter_string: "name LIKE 'be%'" }), ['beta']);
    assert.deepEqual(await names({ filter_string: "tags.k = 'v' AND name != 'beta'" }), ['alpha']);
    assert.deepEqual(await names({ filter_string: "name IN ('beta', 'gamma')" }), ['beta']);
    assert.deepEqual(await names({ filter_string: 'created_time > 0', ...order }), ['alpha', 'beta']);
    assert.deepEqual(await names({ experiment_ids: ['1'] }), ['alpha']);
    const got = await call<{ datasets: Dataset[]; next_page_token: string }>(
      'GET',
      `${base}/search?max_results=1&order_by=name&experiment_ids=1&experiment_ids=2`,
    );
    assert.deepEqual([got.datasets.length, typeof got.next_page_token], [1, 'string']);
    for (const bad of [
      { filter_string: "color = 'red'" },
      { filter_string: "metrics.a = 'x'" },
      { filter_string: "created_time = 'x'" },
      { order_by: ['created_by'] },
      { max_results: 0 },
      { max_results: 50_001 },
      { page_token: 'x' },
      { experiment_ids: ['x'] },
    ])
      assert.equal(
        await refused('POST', `${base}/search`, { body: bad }),
        '400 INVALID_PARAMETER_VALUE',
        JSON.stringify(bad),
      );
    await close();
  });

  it('refuse what is no record', async () => {
    const { create, refused, close } = await open();
    const { dataset_id: id } = await create();
    let deep = '0';
    for (let level = 0; level < 5_000; level++) deep = `[${deep}]`;
    for (const records of [
      '',
      'x',
      '{}',
      '[1]',
      '[{"inputs":1}]',
      '[{"inputs":null}]',
      '[{"inputs":{},"expectations":[1]}]',
      '[{"inputs":{},"source":{"source_type":"MAGIC"}}]',
      '[{"inputs":{},"source":"x"}]',
      `[{"inputs":{"deep":${deep}}}]`,
      7,
      null,
    ]) {
      const refusal = await refused('POST', `${base}/${id}/records`, { body: { records } });
      assert.equal(refusal, '400 INVALID_PARAMETER_VALUE', String(records).slice(0, 60));
    }
    assert.equal(
      await refused('POST', `${base}/d-none/records`, { body: { records: '[]' } }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    await close();
  });
});

describe('scorers over the wire', () => {
  it('are kept version by version', async () => {
    const { call, refused, close } = await open();
    const body = { experiment_id: '1', name: 'exact', serialized_scorer: '{"name":"exact"}' };
    const first = await call('POST', `${scorerBase}/register`, { body });
    const { scorer_id, creation_time, ...rest } = first;
    assert.deepEqual(rest, { ...body, version: 1 });
    await call('POST', `${scorerBase}/register`, { body });
    const { scorer } = await call<{ scorer: object }>('GET', `${scorerBase}/get?experiment_id=1&name=exact`);
    assert.deepEqual(scorer, {
      experiment_id: 1,
      scorer_name: 'exact',
      scorer_version: 2,
      serialized_scorer: body.serialized_scorer,
      creation_time,
      scorer_id,
    });
    const versions = await call<{ scorers: object[] }>(
      'GET',
      `${scorerBase}/versions?experiment_id=1&name=exact`,
    );
    assert.equal(versions.scorers.length, 2);
    for (const query of ['', '?experiment_id=1', '?experiment_ids=1&experiment_ids=2'])
      assert.equal(
        (await call<{ scorers: object[] }>('GET', `${scorerBase}/list${query}`)).scorers.length,
        1,
      );
    await call('DELETE', `${scorerBase}/delete`, { body: { ...body, version: 2 } });
    await call('DELETE', `${scorerBase}/delete`, { body });
    const gone = await refused('GET', `${scorerBase}/get?experiment_id=1&name=exact`);
    assert.equal(gone, '404 RESOURCE_DOES_NOT_EXIST');
    await close();
  });

  it('are run on no share of the traces that come, and clients that ask are told so', async () => {
    const { call, refused, close } = await open();
    const body = { experiment_id: '1', name: 'exact', serialized_scorer: '{"name":"exact"}' };
    const { scorer_id } = await call<{ scorer_id: string }>('POST', `${scorerBase}/register`, { body });
    const asked = `${scorerBase}/online-configs?scorer_ids=${scorer_id}&scorer_ids=other`;
    assert.deepEqual(await call('GET', asked), { configs: [] });
    const unasked = await refused('GET', `${scorerBase}/online-configs`);
    assert.equal(unasked, '400 INVALID_PARAMETER_VALUE');
    const put = (name: string) =>
      refused('PUT', `${scorerBase}/online-config`, { body: { ...body, name, sample_rate: 0.5 } });
    assert.equal(await put('exact'), '501 NOT_IMPLEMENTED');
    assert.equal(await put('none'), '404 RESOURCE_DOES_NOT_EXIST');
    await close();
  });

  it('that carry code are refused, however deep it lies', async () => {
    const { refused, close } = await open();
    const register = (serialized_scorer: string) =>
      refused('POST', `${scorerBase}/register`, {
        body: { experiment_id: '1', name: 's', serialized_scorer },
      });
    for (const scorer of ['{"call_source":"print(1)"}', '{"a":[{"b":{"call_source":"x"}}]}', 'no json'])
      assert.equal(await register(scorer), '400 INVALID_PARAMETER_VALUE');
    await close();
  });
});
