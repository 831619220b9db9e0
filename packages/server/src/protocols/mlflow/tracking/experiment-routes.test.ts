import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ana } from '../../../tracking/tracking.fixture.ts';
import { openTrackingWire } from './tracking-wire.fixture.ts';

interface Found {
  readonly experiments?: readonly { readonly experiment_id: string; readonly name: string }[];
  readonly next_page_token?: string;
}

describe('experiments over the wire', () => {
  it('have numbers for ids, and every workspace has the experiment 0', async () => {
    const { get, createExperiment, call, tracking, close } = await openTrackingWire();
    const shown = await get<{ experiment: Record<string, unknown> }>('/experiments/get?experiment_id=0');
    assert.equal(shown.experiment.name, 'Default');
    assert.equal(shown.experiment.artifact_location, 'mlflow-artifacts:/0');
    assert.equal(await createExperiment('a'), '1');
    await tracking.createExperiment(ana, { name: 'native', note: 'words' });
    const native = await get<{ experiment: Record<string, unknown> }>(
      '/experiments/get-by-name?experiment_name=native',
    );
    assert.equal(native.experiment.experiment_id, '2');
    assert.deepEqual(native.experiment.tags, [{ key: 'mlflow.note.content', value: 'words' }]);
    const elsewhere = await call<Found>('POST', '/ajax-api/2.0/mlflow/experiments/search', {
      body: {},
      workspace: 'ws_2',
    });
    assert.deepEqual(
      elsewhere.experiments?.map(({ name }) => name),
      ['Default'],
    );
    await close();
  });

  it('keep their names taken while they are deleted, and take their runs along', async () => {
    const { post, createExperiment, createRun, getRun, refusedPost, close } = await openTrackingWire();
    const id = await createExperiment('a', { tags: [{ key: 'team', value: 'x' }] });
    const run = await createRun(id);
    await post('/experiments/delete', { experiment_id: Number(id) });
    assert.equal((await getRun(run.info.run_id)).info.lifecycle_stage, 'deleted');
    assert.equal(await refusedPost('/experiments/create', { name: 'a' }), '400 RESOURCE_ALREADY_EXISTS');
    assert.equal(await refusedPost('/runs/create', { experiment_id: id }), '400 INVALID_PARAMETER_VALUE');
    assert.equal(
      await refusedPost('/runs/set-tag', { run_id: run.info.run_id, key: 'k', value: 'v' }),
      '400 INVALID_PARAMETER_VALUE',
    );
    assert.equal(
      await refusedPost('/experiments/delete', { experiment_id: id }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    await post('/experiments/restore', { experiment_id: id });
    assert.equal((await getRun(run.info.run_id)).info.lifecycle_stage, 'active');
    await close();
  });

  it('are found as they are, however often the same is asked, and whoever writes', async () => {
    const { post, createExperiment, secondService, close } = await openTrackingWire();
    await createExperiment('first', { tags: [{ key: 'team', value: 'x' }] });
    const found = async () => {
      const search = { max_results: 10, filter: "tags.team = 'x'" };
      const { experiments } = await post<Found>('/experiments/search', search);
      return experiments?.map(({ name }) => name);
    };
    assert.deepEqual([await found(), await found()], [['first'], ['first']]);
    const other = secondService();
    const made = await other.createExperiment(ana, { name: 'second', note: '', tags: { team: 'x' } });
    assert.deepEqual(
      [await found(), await found()],
      [
        ['second', 'first'],
        ['second', 'first'],
      ],
    );
    await other.updateExperiment(ana, made.id, { setTags: { team: 'y' } });
    assert.deepEqual([await found(), await found()], [['first'], ['first']]);
    await close();
  });

  it('are searched by names, tags and ids, in any order, page by page', async () => {
    const { post, createExperiment, close } = await openTrackingWire();
    for (const name of ['Alpha', 'beta', 'gamma', 'delta'])
      await createExperiment(name, { tags: [{ key: 'letters', value: String(name.length) }] });
    async function names(body: object): Promise<string[]> {
      const found: string[] = [];
      let token: string | undefined;
      do {
        const page = await post<Found>('/experiments/search', {
          ...body,
          ...(token === undefined ? {} : { page_token: token }),
        });
        found.push(...(page.experiments ?? []).map(({ name }) => name));
        token = page.next_page_token;
      } while (token !== undefined);
      return found;
    }
    for (const max_results of [1, 2, 10]) {
      assert.deepEqual(await names({ max_results, filter: "tags.letters = '5'", order_by: ['name'] }), [
        'Alpha',
        'delta',
        'gamma',
      ]);
      assert.deepEqual(await names({ max_results, order_by: ['tags.letters DESC', 'experiment_id DESC'] }), [
        'delta',
        'gamma',
        'Alpha',
        'beta',
        'Default',
      ]);
    }
    assert.deepEqual(await names({ filter: "name ILIKE 'ALPH_'" }), ['Alpha']);
    assert.deepEqual(await names({ filter: "experiment_id IN ('1', '3')", order_by: ['name'] }), [
      'Alpha',
      'gamma',
    ]);
    assert.deepEqual(await names({ filter: 'tags.letters IS NULL' }), ['Default']);
    await close();
  });

  it('refuse what is not theirs', async () => {
    const { createExperiment, refusedPost, refusedGet, post, close } = await openTrackingWire();
    const id = await createExperiment('a');
    const bad = '400 INVALID_PARAMETER_VALUE';
    for (const body of [
      { max_results: 0 },
      { max_results: 50_001 },
      { filter: "name = 'a' OR name = 'b'" },
      { filter: 'nonsense =' },
      { order_by: ['no_such_field'] },
      { page_token: 'garbage' },
      { view_type: 'SOME' },
    ])
      assert.equal(await refusedPost('/experiments/search', body), bad, JSON.stringify(body));
    assert.equal(await refusedGet('/experiments/get?experiment_id=99'), '404 RESOURCE_DOES_NOT_EXIST');
    assert.equal(await refusedGet('/experiments/get?experiment_id=none'), bad);
    assert.equal(await refusedGet('/experiments/get'), bad);
    assert.equal(await refusedPost('/experiments/update', { experiment_id: id }), bad);
    assert.equal(await refusedPost('/experiments/create', { name: 'x'.repeat(501) }), bad);
    await post('/experiments/set-experiment-tag', { experiment_id: id, key: 'k', value: 'v' });
    await post('/experiments/delete-experiment-tag', { experiment_id: id, key: 'k' });
    assert.equal(
      await refusedPost('/experiments/delete-experiment-tag', { experiment_id: id, key: 'k' }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    await close();
  });
});
