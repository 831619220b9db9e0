import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openTrackingWire, type WireRun } from './tracking-wire.fixture.ts';

interface Found {
  readonly runs?: readonly WireRun[];
  readonly next_page_token?: string;
}

/** Six runs r0 … r5: r4 has no metric, that of r5 is NaN. */
async function openSix() {
  const wire = await openTrackingWire();
  const experiment = await wire.createExperiment('six');
  for (let index = 0; index < 6; index++) {
    const { info } = await wire.createRun(experiment, { run_name: `r${index}`, start_time: 1000 + index });
    const value = index === 5 ? 'NaN' : index / 10;
    await wire.post('/runs/log-batch', {
      run_id: info.run_id,
      metrics: index === 4 ? [] : [{ key: 'acc', value, timestamp: 1 }],
      params: [{ key: 'model', value: index % 2 ? 'XGB' : 'linear' }],
      tags: [{ key: 'team', value: index < 3 ? 'a' : 'b' }],
    });
    if (index !== 3)
      await wire.post('/runs/update', {
        run_id: info.run_id,
        status: index === 1 ? 'FAILED' : 'FINISHED',
        end_time: 5000,
      });
  }
  return {
    ...wire,
    experiment,
    async find(body: object): Promise<string> {
      const found: string[] = [];
      let page_token: string | undefined;
      do {
        const token = page_token === undefined ? {} : { page_token };
        const page = await wire.post<Found>('/runs/search', {
          experiment_ids: [experiment],
          ...body,
          ...token,
        });
        found.push(...(page.runs ?? []).map(({ info }) => info.run_name));
        page_token = page.next_page_token;
      } while (page_token !== undefined);
      return found.join(' ');
    },
  };
}

describe('the search of runs over the wire', () => {
  it('understands the whole grammar', async () => {
    const { find, close } = await openSix();
    const expected: Readonly<Record<string, string>> = {
      'metrics.acc > 0.1': 'r3 r2',
      'metric.acc != 0.1': 'r5 r3 r2 r0',
      "params.model ILIKE 'xg_'": 'r5 r3 r1',
      'params.model IS NULL': '',
      "params.missing != 'x'": '',
      "tags.team = 'b' and params.model = 'linear'": 'r4',
      "attributes.status = 'FAILED'": 'r1',
      "status != 'FINISHED'": 'r3 r1',
      "status LIKE 'F%'": 'r5 r4 r2 r1 r0',
      "status ILIKE 'run%'": 'r3',
      "attr.run_name LIKE 'r_' and start_time >= 1003.5": 'r5 r4',
      "`Run Name` = 'r2'": 'r2',
      'end_time = 5000 and Created < 1001': 'r0',
      "tags.mlflow.runName = 'r2'": 'r2',
      'tags.`mlflow.parentRunId` IS NULL and metrics.acc < 0.05': 'r0',
      "artifact_uri LIKE 'mlflow-artifacts:/1/%' and user_id != 'x' and run_name = 'r1'": 'r1',
    };
    for (const [filter, names] of Object.entries(expected))
      assert.equal(await find({ filter }), names, filter);
    await close();
  });

  it('orders by several things, page by page; NaN comes after numbers, what is missing last', async () => {
    const { find, close } = await openSix();
    for (const max_results of [1, 2, 4, 100]) {
      const by = (...order_by: string[]) => find({ order_by, max_results });
      assert.equal(await by('metrics.acc DESC'), 'r3 r2 r1 r0 r5 r4');
      assert.equal(await by('metrics.acc'), 'r0 r1 r2 r3 r5 r4');
      assert.equal(await by('params.model DESC', 'start_time ASC'), 'r0 r2 r4 r1 r3 r5');
      assert.equal(await by('tags.team', 'metrics.acc DESC'), 'r2 r1 r0 r3 r5 r4');
      assert.equal(await by('end_time', 'attributes.start_time DESC'), 'r5 r4 r2 r1 r0 r3');
      assert.equal(await by(), 'r5 r4 r3 r2 r1 r0');
    }
    await close();
  });

  it('gives runs that began at the same time by their ids, on all pages', async () => {
    const { createExperiment, createRun, post, close } = await openTrackingWire();
    const experiment = await createExperiment('ties');
    const ids: string[] = [];
    for (let index = 0; index < 5; index++)
      ids.push((await createRun(experiment, { start_time: 1 })).info.run_id);
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await post<Found>('/runs/search', {
        experiment_ids: [experiment],
        max_results: 2,
        ...(token === undefined ? {} : { page_token: token }),
      });
      found.push(...(page.runs ?? []).map(({ info }) => info.run_id));
      token = page.next_page_token;
    } while (token !== undefined);
    assert.deepEqual(found, ids.sort());
    await close();
  });

  it('sees deleted runs where they are asked for, and several experiments', async () => {
    const { find, createExperiment, createRun, experiment, post, close } = await openSix();
    const other = await createExperiment('other');
    const { info } = await createRun(other, { run_name: 'o', start_time: 1 });
    const both = { experiment_ids: [experiment, other, '999'], order_by: ['start_time'], max_results: 3 };
    assert.equal(await find(both), 'o r0 r1 r2 r3 r4 r5');
    await post('/experiments/delete', { experiment_id: other });
    assert.equal(await find({ ...both, run_view_type: 'DELETED_ONLY' }), 'o');
    assert.equal(await find(both), 'r0 r1 r2 r3 r4 r5');
    await post('/experiments/restore', { experiment_id: other });
    await post('/runs/delete', { run_id: info.run_id });
    assert.equal(await find({ ...both, run_view_type: 'DELETED_ONLY' }), 'o');
    assert.equal(await find({ ...both, run_view_type: 'ALL' }), 'o r0 r1 r2 r3 r4 r5');
    assert.equal(await find({ experiment_ids: [] }), '');
    await close();
  });

  it('finds runs by the data sets they read', async () => {
    const { find, createRun, experiment, post, close } = await openSix();
    const { info } = await createRun(experiment, { run_name: 'd' });
    const dataset = { name: 'alpha', digest: 'd1', source_type: 'local', source: '{}' };
    const tags = [{ key: 'mlflow.data.context', value: 'train' }];
    await post('/runs/log-inputs', { run_id: info.run_id, datasets: [{ dataset, tags }] });
    assert.equal(await find({ filter: "dataset.name LIKE 'al%' AND datasets.context IN ('train')" }), 'd');
    assert.equal(await find({ filter: "dataset.digest != 'd1'" }), '');
    await close();
  });

  it('refuses a token of another search, and what it does not understand', async () => {
    const { post, refusedPost, experiment, close } = await openSix();
    const page = await post<Found>('/runs/search', {
      experiment_ids: [experiment],
      order_by: ['metrics.acc', 'params.model'],
      max_results: 1,
    });
    for (const body of [
      { page_token: page.next_page_token },
      { page_token: page.next_page_token, order_by: ['params.model'] },
      { page_token: 'garbage' },
      { filter: "status IN ('FINISHED')" },
      { filter: "dataset.name = 'a' and" },
      { filter: 'metrics.acc > 1 metrics.acc < 2' },
      { order_by: ['dataset.name'] },
      { order_by: 'name' },
      { max_results: 50_001 },
      { experiment_ids: ['x'] },
    ]) {
      const asked = { experiment_ids: [experiment], ...body };
      assert.equal(
        await refusedPost('/runs/search', asked),
        '400 INVALID_PARAMETER_VALUE',
        JSON.stringify(body),
      );
    }
    await close();
  });

  it('answers callers who ask the same at once alike, and the next caller with what is there by then', async () => {
    const { experiment, post, createRun, close } = await openSix();
    const body = { experiment_ids: [experiment] };
    const [one, two] = await Promise.all([post('/runs/search', body), post('/runs/search', body)]);
    assert.deepEqual(one, two);
    await createRun(experiment);
    assert.equal((await post<Found>('/runs/search', body)).runs?.length, 7);
    await close();
  });
});
