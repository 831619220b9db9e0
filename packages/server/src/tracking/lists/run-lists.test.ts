import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runListsApi, trackingApi } from '@esteira/contracts';
import { ana } from '../tracking.fixture.ts';
import { openRoutes } from '../tracking-routes.fixture.ts';

/** Six runs of two trainers: what each measured depends on its depth. */
async function openRuns() {
  const routes = await openRoutes();
  const { call } = routes;
  const ids: string[] = [];
  for (const [index, trainer] of ['gbdt', 'gbdt', 'forest', 'forest', 'forest', undefined].entries()) {
    const { id } = await call<{ id: string }>(trackingApi.startRun, {
      body: { experiment: index === 5 ? 'other' : 'flights', name: `run ${index}`, project: 'delays' },
    });
    await call(trackingApi.log, {
      params: { id },
      body: {
        params: { depth: index, ...(trainer === undefined ? {} : { trainer }) },
        metrics: [
          { name: 'val.auc', value: index / 10 },
          { name: 'odd', value: index === 2 ? 'NaN' : index },
        ],
        tags: { 'my tag': `Team ${index % 2}` },
      },
    });
    ids.push(id);
  }
  return { ...routes, ids };
}

type Groups = {
  total: number;
  groups: { value: string | null; runs: number; metrics: Record<string, Record<string, unknown>> }[];
};
type News = { changed: { id: string; mark: string }[]; started: number };

describe('the words for filters', () => {
  it('names what the runs of an experiment have, and keeps the answer for half a minute', async () => {
    const { call, clock, ids, close } = await openRuns();
    const names = {
      metrics: ['odd', 'val.auc'],
      params: ['depth', 'trainer'],
      tags: ['my tag'],
      complete: true,
    };
    const query = { experiment: 'flights' };
    assert.deepEqual(await call(runListsApi.runNames, { query }), names);
    assert.deepEqual(await call(runListsApi.runNames, { query: { experiment: 'none' } }), {
      metrics: [],
      params: [],
      tags: [],
      complete: true,
    });
    const others = await call<{ params: string[] }>(runListsApi.runNames, { query: { experiment: 'other' } });
    assert.deepEqual(others.params, ['depth']);
    await call(trackingApi.log, { params: { id: ids[0] }, body: { params: { alpha: 1 } } });
    assert.deepEqual(await call(runListsApi.runNames, { query }), names);
    clock.time += 31_000;
    const later = await call<{ params: string[] }>(runListsApi.runNames, { query });
    assert.deepEqual(later.params, ['alpha', 'depth', 'trainer']);
    await close();
  });

  it('tells the values of a field, the most frequent first', async () => {
    const { call, close } = await openRuns();
    const valuesOf = async (field: string, prefix = '') =>
      (
        await call<{ values: { value: string; runs: number }[] }>(runListsApi.runValues, {
          query: { field, prefix },
        })
      ).values;
    assert.deepEqual(await valuesOf('params.trainer'), [
      { value: 'forest', runs: 3 },
      { value: 'gbdt', runs: 2 },
    ]);
    assert.deepEqual(await valuesOf('tags.`my tag`', 'team 1'), [{ value: 'Team 1', runs: 3 }]);
    assert.deepEqual(await valuesOf('params.trainer', '%'), []);
    assert.deepEqual(
      (await valuesOf('experiment')).map(({ value }) => value),
      ['flights', 'other'],
    );
    for (const field of ['metrics.auc', 'startedAt', 'datasets.name', 'nothing', 'params.a desc'])
      await assert.rejects(valuesOf(field), { code: 'RUN_FILTER_INVALID' }, field);
    await close();
  });
});

describe('groups of runs', () => {
  it('are counted and measured, the largest first, those without a value among them', async () => {
    const { call, close } = await openRuns();
    const query = { by: 'params.trainer', metrics: 'metrics.val.auc, metrics.odd' };
    const { groups, total } = await call<Groups>(runListsApi.groupRuns, { query });
    assert.equal(total, 3);
    assert.deepEqual(
      groups.map(({ value, runs }) => [value, runs]),
      [
        ['forest', 3],
        ['gbdt', 2],
        [null, 1],
      ],
    );
    const [forest] = groups;
    assert.deepEqual(forest?.metrics['val.auc'], {
      mean: (0.2 + 0.3 + 0.4) / 3,
      min: 0.2,
      max: 0.4,
      runs: 3,
    });
    assert.deepEqual(forest?.metrics.odd, { mean: 3.5, min: 3, max: 4, runs: 2 });
    await close();
  });

  it('hold what the search finds, and a filter finds the runs of each', async () => {
    const { call, close } = await openRuns();
    const filter = 'metrics.val.auc > 0.15';
    const { groups, total } = await call<Groups>(runListsApi.groupRuns, {
      query: { by: 'params.trainer', filter, limit: 1 },
    });
    assert.deepEqual([groups.map(({ value, runs }) => [value, runs]), total], [[['forest', 3]], 2]);
    const absent = await call<{ runs: number }>(trackingApi.countRuns, {
      query: { filter: `${filter} and params.trainer is null` },
    });
    assert.equal(absent.runs, 1);
    await close();
  });

  it('are by what runs share', async () => {
    const { call, close } = await openRuns();
    for (const by of ['metrics.val.auc', 'startedAt', 'id', ''])
      await assert.rejects(call(runListsApi.groupRuns, { query: { by } }), Error, by);
    await assert.rejects(call(runListsApi.groupRuns, { query: { by: 'status', metrics: 'params.depth' } }), {
      code: 'RUN_FILTER_INVALID',
    });
    const { groups } = await call<Groups>(runListsApi.groupRuns, { query: { by: 'status' } });
    assert.deepEqual(
      groups.map(({ value, runs }) => [value, runs]),
      [['running', 6]],
    );
    await close();
  });
});

describe('news of runs', () => {
  it('are those whose marks are behind, and those that have started since', async () => {
    const { call, ids, close } = await openRuns();
    const [first = '', second = ''] = ids;
    const known = await call<News>(runListsApi.watchRuns, {
      body: { runs: [{ id: first }, { id: second }] },
    });
    assert.deepEqual(known.changed.map(({ id }) => id).sort(), [first, second].sort());
    const newest = { startedAt: 0, id: '' };
    const all = await call<News>(runListsApi.watchRuns, {
      body: { runs: [], experiment: 'flights', newest },
    });
    assert.deepEqual(all, { changed: [], started: 5 });
    for (const body of [
      { metrics: [{ name: 'odd', value: 99, step: 7 }] },
      { tags: { 'my tag': 'Team 9' } },
      { params: { later: true } },
    ]) {
      await call(trackingApi.log, { params: { id: second }, body });
      const { changed } = await call<News>(runListsApi.watchRuns, { body: { runs: known.changed } });
      assert.deepEqual(
        changed.map(({ id }) => id),
        [second],
      );
      known.changed = known.changed.map((run) => changed.find(({ id }) => id === run.id) ?? run);
    }
    await close();
  });

  it('are waited for, and whoever goes away waits no longer', async () => {
    const { call, ids, close } = await openRuns();
    const [first = ''] = ids;
    const known = await call<News>(runListsApi.watchRuns, { body: { runs: [{ id: first }] } });
    const gone = new AbortController();
    const waiting = call(runListsApi.watchRuns, { body: { runs: known.changed } }, ana, gone.signal);
    gone.abort();
    assert.deepEqual(await waiting, { changed: [], started: 0 });
    const waited = call<News>(runListsApi.watchRuns, { body: { runs: known.changed } });
    await call(trackingApi.updateRun, { params: { id: first }, body: { status: 'succeeded' } });
    assert.equal((await waited).changed.length, 1);
    await close();
  });

  it('do not tell of another workspace', async () => {
    const { call, ids, close } = await openRuns();
    const stranger = { ...ana, workspace: 'ws_2' };
    const newest = { startedAt: 0, id: '' };
    const body = { runs: ids.map((id) => ({ id })), newest };
    const route = runListsApi.watchRuns;
    assert.deepEqual(await call(route, { body }, stranger, AbortSignal.abort()), { changed: [], started: 0 });
    assert.deepEqual(await call(runListsApi.groupRuns, { query: { by: 'status' } }, stranger), {
      groups: [],
      total: 0,
    });
    await close();
  });
});
