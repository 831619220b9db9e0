import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openTrackingWire } from './tracking-wire.fixture.ts';

interface Points {
  readonly metrics?: readonly { readonly step: number; readonly value: unknown; readonly run_id?: string }[];
  readonly next_page_token?: string;
}

async function openWith(...lengths: number[]) {
  const wire = await openTrackingWire();
  const ids: string[] = [];
  for (const length of lengths) {
    const { info } = await wire.createRun('0');
    ids.push(info.run_id);
    const metrics = Array.from({ length }, (_, step) => ({ key: 'm', value: step, timestamp: step, step }));
    for (let start = 0; start < length; start += 1000)
      await wire.post('/runs/log-batch', {
        run_id: info.run_id,
        metrics: metrics.slice(start, start + 1000),
      });
  }
  return { ...wire, ids, first: ids[0] ?? '' };
}

describe('histories of metrics over the wire', () => {
  it('come in pages without gaps or repeats, in the order of steps', async () => {
    const { get, first, post, refusedGet, close } = await openWith(50);
    await post('/runs/log-metric', { run_id: first, key: 'm', value: 'NaN', timestamp: 7, step: -3 });
    await post('/runs/log-metric', { run_id: first, key: 'm', value: 'NaN', timestamp: 7, step: -3 });
    const steps: number[] = [];
    let token: string | undefined;
    do {
      const query = `run_id=${first}&metric_key=m&max_results=7${token === undefined ? '' : `&page_token=${token}`}`;
      const page = await get<Points>(`/metrics/get-history?${query}`);
      steps.push(...(page.metrics ?? []).map(({ step }) => step));
      token = page.next_page_token;
    } while (token !== undefined);
    assert.deepEqual(steps, [-3, ...Array.from({ length: 50 }, (_, step) => step)]);
    assert.deepEqual(await get(`/metrics/get-history?run_uuid=${first}&metric_key=never`), {});
    const asked = `/metrics/get-history?run_id=${first}&metric_key=m`;
    for (const query of ['&max_results=0', '&max_results=x', '&page_token=garbage'])
      assert.equal(await refusedGet(asked + query), '400 INVALID_PARAMETER_VALUE');
    assert.equal(
      await refusedGet('/metrics/get-history?run_id=none&metric_key=m'),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    await close();
  });

  it('of many runs come at once, by run', async () => {
    const { call, ids, close } = await openWith(3, 2);
    const query = [...ids, 'none'].map((id) => `run_id=${id}`).join('&');
    const url = `/ajax-api/2.0/mlflow/metrics/get-history-bulk?${query}&metric_key=m`;
    const { metrics = [] } = await call<Points>('GET', url);
    assert.deepEqual(new Set(metrics.map(({ run_id }) => run_id)), new Set(ids));
    assert.equal(metrics.length, 5);
    assert.equal((await call<Points>('GET', `${url}&max_results=4`)).metrics?.length, 4);
    await close();
  });

  it('of a few points are thinned to those that begin equally large parts, and the last', async () => {
    const { get, first, close } = await openWith(13);
    const asked = `/metrics/get-history-bulk-interval?run_ids=${first}&metric_key=m&max_results=`;
    const steps = async (most: number) => (await get<Points>(asked + most)).metrics?.map(({ step }) => step);
    assert.deepEqual(await steps(5), [0, 3, 6, 9, 12]);
    assert.deepEqual(await steps(4), [0, 4, 7, 12]);
    assert.deepEqual(await steps(12), [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await close();
  });

  it('are thinned evenly, with the first and the last point of each run', async () => {
    const { get, ids, first, refusedGet, close } = await openWith(1000, 10, 0);
    const query = ids.map((id) => `run_ids=${id}`).join('&');
    const { metrics = [] } = await get<Points>(
      `/metrics/get-history-bulk-interval?${query}&metric_key=m&max_results=20`,
    );
    const steps = (id: string | undefined) =>
      metrics.filter(({ run_id }) => run_id === id).map(({ step }) => step);
    assert.deepEqual(steps(ids[1]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(steps(first), [...Array.from({ length: 19 }, (_, index) => 50 * index), 999]);
    const asked = `/metrics/get-history-bulk-interval?run_ids=${first}&metric_key=m`;
    const range = await get<Points>(`${asked}&start_step=100&end_step=103`);
    assert.deepEqual(
      range.metrics?.map(({ step }) => step),
      [100, 101, 102, 103],
    );
    assert.deepEqual(
      (await get<Points>(`${asked}&max_results=1`)).metrics?.map(({ step }) => step),
      [999],
    );
    for (const more of ['&max_results=0', '&max_results=2501', '&start_step=5', '&start_step=9&end_step=3'])
      assert.equal(await refusedGet(asked + more), '400 INVALID_PARAMETER_VALUE');
    assert.equal(
      await refusedGet('/metrics/get-history-bulk-interval?metric_key=m'),
      '400 INVALID_PARAMETER_VALUE',
    );
    await close();
  });
});
