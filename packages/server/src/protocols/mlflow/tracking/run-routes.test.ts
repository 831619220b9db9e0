import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ana } from '../../../tracking/tracking.fixture.ts';
import { openTrackingWire } from './tracking-wire.fixture.ts';

const bad = '400 INVALID_PARAMETER_VALUE';
const unknown = '404 RESOURCE_DOES_NOT_EXIST';

describe('runs over the wire', () => {
  it('are begun with ids of 32 hexadecimal characters and a name, which is a tag as well', async () => {
    const { createRun, getRun, refusedPost, close } = await openTrackingWire();
    const run = await createRun('0', { start_time: 5, user_id: 'ben', tags: [{ key: 'a', value: 'b' }] });
    assert.match(run.info.run_id, /^[0-9a-f]{32}$/);
    assert.match(run.info.run_name, /^[a-z]+-[a-z]+-\d+$/);
    assert.deepEqual(run, await getRun(run.info.run_id));
    assert.deepEqual(run.data.tags, [
      { key: 'a', value: 'b' },
      { key: 'mlflow.runName', value: run.info.run_name },
    ]);
    assert.equal(run.info.user_id, 'ben');
    assert.equal(run.info.artifact_uri, `mlflow-artifacts:/0/${run.info.run_id}/artifacts`);
    assert.equal(await refusedPost('/runs/create', { experiment_id: 0 }), bad);
    assert.equal(await refusedPost('/runs/create', { experiment_id: '7' }), unknown);
    const names = { run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] };
    assert.equal(await refusedPost('/runs/create', names), bad);
    await close();
  });

  it('say the same here and there: name, parent, note, status', async () => {
    const { createRun, getRun, post, tracking, refusedPost, close } = await openTrackingWire();
    const parent = await createRun('0', { run_name: 'parent' });
    const tags = [
      { key: 'mlflow.parentRunId', value: parent.info.run_id },
      { key: 'mlflow.note.content', value: 'words' },
    ];
    const { info } = await createRun('0', { run_name: 'child', tags });
    const id = info.run_id;
    const head = await tracking.reader.show(ana.workspace, id);
    assert.deepEqual([head.name, head.parentRunId, head.note], ['child', parent.info.run_id, 'words']);
    assert.deepEqual(head.tags, {});
    await post('/runs/set-tag', { run_id: id, key: 'mlflow.runName', value: 'renamed' });
    await tracking.updateRun(ana, id, { note: 'other words', status: 'cancelled' });
    const shown = await getRun(id);
    assert.equal(shown.info.status, 'KILLED');
    assert.deepEqual(
      shown.data.tags?.map(({ value }) => value),
      ['renamed', 'other words', parent.info.run_id],
    );
    await post('/runs/delete-tag', { run_id: id, key: 'mlflow.note.content' });
    assert.equal(await refusedPost('/runs/delete-tag', { run_id: id, key: 'mlflow.note.content' }), unknown);
    const updated = await post<{ run_info: Record<string, unknown> }>('/runs/update', {
      run_uuid: id,
      status: 'FINISHED',
      end_time: '99',
    });
    assert.deepEqual([updated.run_info.status, updated.run_info.end_time], ['FINISHED', 99]);
    await close();
  });

  it('of this house are there too', async () => {
    const { tracking, getRun, close } = await openTrackingWire();
    const run = await tracking.startRun(ana, { experiment: 'flights', name: 'one', tags: { k: 'v' } });
    await tracking.log(ana, run.id, { params: { depth: 3 }, metrics: [{ name: 'auc', value: 0.5, at: 1 }] });
    const shown = await getRun(run.id);
    assert.equal(shown.info.experiment_id, '1');
    assert.equal(shown.info.user_id, ana.actor.id);
    assert.deepEqual(shown.data.params, [{ key: 'depth', value: '3' }]);
    assert.deepEqual(shown.data.metrics, [{ key: 'auc', value: 0.5, timestamp: 1, step: 0 }]);
    await close();
  });

  it('take batches all or nothing, and the same batch again', async () => {
    const { createRun, getRun, post, refusedPost, close } = await openTrackingWire();
    const { info } = await createRun('0');
    const run_id = info.run_id;
    const batch = {
      run_id,
      metrics: [
        { key: 'a', value: 'NaN', timestamp: 1, step: 1 },
        { key: '__proto__', value: '-inf', timestamp: 1 },
      ],
      params: [{ key: '__proto__', value: 'x' }],
      tags: [{ key: '__proto__', value: 'y' }],
    };
    await Promise.all([post('/runs/log-batch', batch), post('/runs/log-batch', batch)]);
    const before = await getRun(run_id);
    assert.deepEqual(before.data.params, [{ key: '__proto__', value: 'x' }]);
    assert.deepEqual(
      before.data.metrics?.map(({ value }) => value),
      ['-Infinity', 'NaN'],
    );
    const changed = {
      ...batch,
      tags: [{ key: 't', value: 'new' }],
      params: [{ key: '__proto__', value: 'z' }],
    };
    const outcomes = await Promise.all([
      refusedPost('/runs/log-batch', changed),
      refusedPost('/runs/log-batch', { ...batch, run_id: 'f'.repeat(32) }),
      post('/runs/log-batch', { run_id, params: [{ key: 'other', value: '1' }] }),
    ]);
    assert.deepEqual(outcomes.slice(0, 2), [bad, unknown]);
    const after = await getRun(run_id);
    assert.deepEqual(after.data.tags, before.data.tags);
    assert.equal(after.data.params?.length, 2);
    const twice = [
      { key: 'q', value: '1' },
      { key: 'q', value: '2' },
    ];
    for (const body of [
      { params: twice },
      { metrics: Array.from({ length: 1001 }, (_, i) => ({ key: `m${i}`, value: i, timestamp: 1 })) },
      { params: Array.from({ length: 101 }, (_, i) => ({ key: `p${i}`, value: '' })) },
      { metrics: [{}] },
      { metrics: [{ key: 'a', value: 1, timestamp: -1 }] },
      { metrics: [{ key: 'a', value: 1, timestamp: 1.5 }] },
      { metrics: 'foo' },
      { tags: [{ key: '../up', value: '' }] },
    ])
      assert.equal(
        await refusedPost('/runs/log-batch', { run_id, ...body }),
        bad,
        JSON.stringify(body).slice(0, 80),
      );
    await close();
  });

  it('tell of the data sets and models they read and made', async () => {
    const { createExperiment, createRun, getRun, post, refusedPost, close } = await openTrackingWire();
    const experiment = await createExperiment('a');
    const { info } = await createRun(experiment);
    const run_id = info.run_id;
    const dataset = { name: 'n', digest: 'd', source_type: 'local', source: '{}', profile: 'p' };
    const datasets = [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'train' }] }];
    await post('/runs/log-inputs', { run_id, datasets, models: [{ model_id: 'm-1' }] });
    await post('/runs/log-inputs', { run_id, datasets });
    await post('/runs/outputs', { run_id, models: [{ model_id: 'm-2', step: 3 }] });
    const run = await getRun(run_id);
    assert.deepEqual(run.inputs, {
      dataset_inputs: [{ dataset, tags: datasets[0]?.tags }],
      model_inputs: [{ model_id: 'm-1' }],
    });
    assert.deepEqual(run.outputs, { model_outputs: [{ model_id: 'm-2', step: 3 }] });
    assert.deepEqual(await post('/experiments/search-datasets', { experiment_ids: [experiment] }), {
      dataset_summaries: [{ experiment_id: experiment, name: 'n', digest: 'd', context: 'train' }],
    });
    for (const body of [{ datasets: [{}] }, { datasets: [{ dataset: { name: 'n' } }] }, { models: [{}] }])
      assert.equal(await refusedPost('/runs/log-inputs', { run_id, ...body }), bad);
    assert.equal(await refusedPost('/runs/outputs', { run_id }), bad);
    const model_json = JSON.stringify({ artifact_path: 'm', flavors: {}, utc_time_created: '', run_id });
    await post('/runs/log-model', { run_id, model_json });
    await post('/runs/log-model', { run_id, model_json });
    const history = (await getRun(run_id)).data.tags?.find(({ key }) => key === 'mlflow.log-model.history');
    assert.equal((JSON.parse(history?.value ?? '') as unknown[]).length, 2);
    assert.equal(await refusedPost('/runs/log-model', { run_id, model_json: '{}' }), bad);
    await close();
  });

  it('tell of data sets in the order in which they were logged', async () => {
    const { createExperiment, createRun, getRun, post, close } = await openTrackingWire();
    const { info } = await createRun(await createExperiment('a'));
    const named = ['train', 'eval', 'dev'].map((name) => ({
      dataset: { name, digest: 'd', source_type: 'local', source: '{}' },
    }));
    await post('/runs/log-inputs', { run_id: info.run_id, datasets: named });
    const { inputs } = await getRun(info.run_id);
    const read = inputs.dataset_inputs as readonly { readonly dataset: { readonly name: string } }[];
    assert.deepEqual(
      read.map(({ dataset }) => dataset.name),
      ['train', 'eval', 'dev'],
    );
    await close();
  });

  it('keep what was measured of a model with the model', async () => {
    const { createRun, post, tracking, close } = await openTrackingWire();
    const { info } = await createRun('0');
    const point = { key: 'auc', value: 0.5, timestamp: 1, step: 2 };
    const of = { model_id: 'm-1', dataset_name: 'n', dataset_digest: 'd' };
    await post('/runs/log-metric', { run_id: info.run_id, ...point, ...of });
    await post('/runs/log-batch', { run_id: info.run_id, metrics: [{ ...point, ...of }] });
    assert.deepEqual(await tracking.reader.metricsOfModels(['m-1']), [
      {
        modelId: 'm-1',
        runId: info.run_id,
        name: 'auc',
        value: 0.5,
        at: 1,
        step: 2,
        datasetName: 'n',
        datasetDigest: 'd',
      },
    ]);
    await close();
  });

  it('answer whatever is sent, and never with a fault of the server', async () => {
    const { send, createRun, close } = await openTrackingWire();
    const { info } = await createRun('0');
    const junk: unknown[] = [null, -1.5, 'x', [5], [{}], { a: 1 }, 2 ** 60];
    const fields = [
      'run_id',
      'run_uuid',
      'experiment_id',
      'experiment_ids',
      'key',
      'value',
      'timestamp',
      'step',
      'metrics',
      'params',
      'tags',
      'datasets',
      'models',
      'status',
      'end_time',
      'run_name',
      'filter',
      'order_by',
      'max_results',
      'page_token',
      'run_view_type',
      'view_type',
      'name',
      'new_name',
      'start_time',
      'user_id',
      'model_json',
      'artifact_location',
      'model_id',
    ];
    const paths = [
      'experiments/create',
      'experiments/search',
      'experiments/update',
      'experiments/set-experiment-tag',
      'experiments/delete-experiment-tag',
      'experiments/search-datasets',
      'runs/create',
      'runs/update',
      'runs/search',
      'runs/log-metric',
      'runs/log-parameter',
      'runs/log-batch',
      'runs/set-tag',
      'runs/delete-tag',
      'runs/log-inputs',
      'runs/outputs',
      'runs/log-model',
      'runs/restore',
    ];
    const valid = {
      run_id: info.run_id,
      experiment_id: '0',
      key: 'k',
      value: 1,
      timestamp: 1,
      name: 'n',
      new_name: 'n',
    };
    for (const path of paths) {
      for (const field of fields) {
        for (const value of junk) {
          const body = { ...valid, [field]: value };
          const answer = await send('POST', `/api/2.0/mlflow/${path}`, { body });
          assert.ok(answer.statusCode < 500, `${path} ${JSON.stringify(body)}: ${answer.body}`);
        }
      }
      for (const body of ['', 'nonsense', '[]', '5', '"x"', 'null']) {
        const answer = await send('POST', `/api/2.0/mlflow/${path}`, { body });
        assert.ok(answer.statusCode < 500, `${path} ${body}: ${answer.body}`);
      }
    }
    await close();
  });
});
