import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { removeRuns } from '../remove-runs.ts';
import { countRuns } from '../run-search.ts';
import { searchRuns } from '../run-views.ts';
import { ana, openTracking } from '../tracking.fixture.ts';

describe('runs searched by their words', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  before(async () => {
    house = await openTracking();
  });
  after(() => house.close());

  const begin = (name: string, experiment = 'net') => house.tracking.startRun(ana, { experiment, name });
  async function find(text: string, service = house.tracking) {
    await service.texts.settle();
    const search = { text, conditions: [], orders: [], lifecycle: 'active', limit: 100 } as const;
    const { items } = await searchRuns(house.sql, 'ws_1', search, { params: [], tags: [], metrics: [] });
    return items;
  }
  const namesFor = async (text: string) => (await find(text)).map(({ name }) => name).sort();

  it('are found by name, note, parameters and tags, whatever the accents and the case, and by the beginning of words', async () => {
    const { tracking } = house;
    const delays = await begin('Previsão de atrasos');
    const images = await begin('images');
    await tracking.log(ana, delays.id, {
      params: { trainer: 'gradient_boosting', 'learning rate': 0.001 },
      tags: { team: 'São Paulo' },
    });
    await tracking.log(ana, images.id, {
      params: { weights: 's3://bucket/models/resnet50/v2.pt', lr: 0.01 },
      note: 'Stopped early after the validation loss rose.',
    });
    assert.deepEqual(await namesFor('previsao'), ['Previsão de atrasos']);
    assert.deepEqual(await namesFor('BOOST'), ['Previsão de atrasos']);
    assert.deepEqual(await namesFor('oosting'), []);
    assert.deepEqual(await namesFor('0.001'), ['Previsão de atrasos']);
    assert.deepEqual(await namesFor('rate=0.001'), ['Previsão de atrasos']);
    assert.deepEqual(await namesFor('models/resnet'), ['images']);
    assert.deepEqual(await namesFor('sao resnet50'), []);
    assert.deepEqual(await namesFor('paulo trainer'), ['Previsão de atrasos']);
    assert.deepEqual(await namesFor('"stopped early"'), ['images']);
    assert.deepEqual(await namesFor('"early stopped"'), []);
    assert.deepEqual(await namesFor('%'), []);
  });

  it('say where the words stand', async () => {
    const { tracking } = house;
    const run = await begin('with a long note');
    await tracking.log(ana, run.id, {
      params: { kernel: 'matern' },
      note: `${'It went on and on. '.repeat(10)}Kriging was slow. ${'So it goes. '.repeat(20)}`,
    });
    const [found] = await find('kriging matern');
    const [note, param] = found?.matches ?? [];
    assert.equal(note?.field, 'note');
    assert.match(note?.snippet ?? '', /^….*Kriging was slow.*…$/);
    assert.deepEqual(param, { field: 'params.kernel', snippet: 'matern' });
    assert.deepEqual((await find('kernel'))[0]?.matches, [{ field: 'params.kernel', snippet: 'matern' }]);
  });

  it('are found by what was changed last, on every replica, and no more by what is gone', async () => {
    const { tracking } = house;
    const other = house.secondService();
    const run = await begin('zanzibar');
    await other.log(ana, run.id, { tags: { mood: 'quixotic' } });
    assert.equal((await find('quixotic')).length, 1);
    await tracking.log(ana, run.id, { tags: { mood: 'calm' }, name: 'lisboa' });
    assert.equal((await find('quixotic', other)).length + (await find('zanzibar', other)).length, 0);
    assert.equal((await find('lisb calm')).length, 1);
    await tracking.deleteTag(ana, run.id, 'mood');
    await tracking.updateRun(ana, run.id, { note: 'renamed twice' });
    assert.deepEqual([(await find('calm')).length, (await find('twice')).length], [0, 1]);
    await house.sql.transaction((tx) => removeRuns(tx, 'ws_1', [run.id]));
    assert.equal((await find('twice')).length, 0);
    const left = await house.sql
      .query<{ run_texts: { run_id: string } }>()
      .selectFrom('run_texts')
      .select('run_id')
      .where('run_id', '=', run.id)
      .execute();
    assert.deepEqual(left, []);
  });

  it('are found however many wait, begun or changed', async () => {
    const { tracking, sql } = house;
    const { number } = await tracking.createExperiment(ana, { name: 'many', note: '' });
    const ids = Array.from({ length: 450 }, (_, index) => `run_many_${index}`);
    await Promise.all(
      ids.map((id) =>
        tracking.beginRun(ana, {
          id,
          experimentNumber: number,
          name: 'multitude',
          note: '',
          startedAt: 1,
          tags: {},
        }),
      ),
    );
    const count = async (text: string) => {
      await tracking.texts.settle();
      return await countRuns(sql, ana.workspace, { text, conditions: [], lifecycle: 'active' });
    };
    assert.equal(await count('multitude'), 450);
    await Promise.all(ids.map((id) => tracking.log(ana, id, { tags: { kind: 'throng' } })));
    assert.equal(await count('throng'), 450);
  });

  it('miss nothing that several processes write while words are taken over', async () => {
    const { tracking } = house;
    const other = house.secondService();
    const run = await begin('busy');
    const writes = Array.from({ length: 30 }, async (_, index) => {
      const service = index % 2 === 0 ? tracking : other;
      await service.log(ana, run.id, { params: { [`p${index}`]: `word${index}x` } });
      if (index % 5 === 0) await Promise.all([tracking.texts.settle(), other.texts.settle()]);
    });
    await Promise.all(writes);
    for (let index = 0; index < 30; index++)
      assert.equal((await find(`word${index}x`)).length, 1, String(index));
  });
});
