import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createIdGenerator } from '../../kernel/ids.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { createLatestValues } from '../latest-values.ts';
import { sortJournal } from '../metric-journal.ts';
import { createMetricSeries } from '../metric-series.ts';
import { countRuns } from '../run-search.ts';
import { ana, openTracking } from '../tracking.fixture.ts';

describe('putting a run back', () => {
  let house: Awaited<ReturnType<typeof openTracking>>;
  before(async () => {
    house = await openTracking();
    house.clock.time = Date.UTC(2026, 0, 1);
  });
  after(() => house.close());

  const nothingRests = async () => new Map();
  const begin = (name: string) =>
    house.tracking.startRun(ana, { experiment: 'net', name, tags: { team: 'a' } });
  const pointsOf = async (id: string, name: string) => {
    const { items } = await house.tracking.reader.history('ws_1', id, name, { limit: 25_000 });
    return items;
  };
  const lossAt = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => ({
      name: 'loss',
      value: 1 / (from + index + 1),
      step: from + index,
      at: 1_000 + from + index,
    }));
  /** Sorts everything into its series, as a process would that finds it abandoned. */
  async function sortAll(): Promise<void> {
    const { sql, clock } = house;
    clock.time += 120_000;
    const ids = createIdGenerator({ clock, random: systemRandom });
    const series = createMetricSeries({ clock, ids });
    await sortJournal({ sql, series, settle: createLatestValues({ sql, ids }).settle }, async () => {});
  }

  for (const sorted of [true, false]) {
    it(`takes later points out of history and latest values, ${sorted ? 'sorted in' : 'waiting'}, and keeps the run as it was`, async () => {
      const { tracking } = house;
      const run = await begin(`sorted ${sorted}`);
      const other = await begin('beside it');
      await tracking.log(ana, run.id, { params: { lr: 0.1 }, metrics: lossAt(0, 500) });
      await Promise.all([
        tracking.log(ana, run.id, { metrics: [{ name: 'late', value: 7, step: 400, at: 9_000 }] }),
        tracking.log(ana, other.id, { metrics: lossAt(0, 500) }),
      ]);
      if (sorted) await sortAll();
      await tracking.reader.show('ws_1', run.id);
      const { points, kept } = await tracking.rewindRun(ana, run.id, { step: 299 }, nothingRests);
      assert.equal(points, 201);
      const after = await tracking.reader.show('ws_1', run.id);
      assert.deepEqual(Object.keys(after.metrics), ['loss']);
      assert.equal(after.metrics.loss?.step, 299);
      assert.deepEqual([after.params, after.tags], [{ lr: '0.1' }, { team: 'a' }]);
      assert.equal((await pointsOf(run.id, 'loss')).length, 300);
      assert.deepEqual(await pointsOf(run.id, 'late'), []);
      const before = await tracking.reader.show('ws_1', kept?.id ?? '');
      assert.equal(before.name, `sorted ${sorted} (before rewind)`);
      assert.ok(before.deletedAt !== undefined);
      assert.deepEqual(
        [before.params, before.metrics.loss?.step, before.metrics.late?.value],
        [{ lr: '0.1' }, 499, 7],
      );
      assert.equal((await pointsOf(before.id, 'loss')).length, 500);
      assert.equal((await pointsOf(other.id, 'loss')).length, 500);
      await sortAll();
      assert.equal((await pointsOf(run.id, 'loss')).length, 300);
      assert.equal((await pointsOf(other.id, 'loss')).length, 500);
      await house.secondService().reader.show('ws_1', run.id);
      assert.equal((await tracking.reader.show('ws_1', run.id)).metrics.loss?.step, 299);
    });
  }

  it('goes back to a time as well, and goes on with what is logged afterwards', async () => {
    const { tracking } = house;
    const run = await begin('by time');
    const metrics = [...lossAt(0, 10), { name: 'auc', value: 0.5, step: 9, at: 2_000 }];
    await tracking.log(ana, run.id, { metrics });
    const { points } = await tracking.rewindRun(ana, run.id, { at: 1_004 }, nothingRests);
    assert.equal(points, 6);
    const found = async (operator: '!=' | '>') => {
      const field = { kind: 'metric', name: 'auc' } as const;
      await tracking.latest.settle();
      return countRuns(house.sql, 'ws_1', {
        conditions: [
          { field, operator, value: 0.1 },
          { field: { kind: 'attribute', name: 'id' }, operator: '=', value: run.id },
        ],
        lifecycle: 'active',
      });
    };
    assert.deepEqual([await found('!='), await found('>')], [0, 0]);
    // Writers know the numbers of the series they wrote to.
    await tracking.log(ana, run.id, { metrics: [{ name: 'auc', value: 0.7, step: 5, at: 3_000 }] });
    const shown = await tracking.reader.show('ws_1', run.id);
    assert.deepEqual([shown.metrics.auc?.value, shown.metrics.loss?.step], [0.7, 4]);
    assert.deepEqual([await found('!='), await found('>')], [1, 1]);
  });

  it('changes nothing where nothing lies behind', async () => {
    const { tracking } = house;
    const run = await begin('short');
    await tracking.log(ana, run.id, { metrics: lossAt(0, 3) });
    assert.deepEqual(await tracking.rewindRun(ana, run.id, { step: 2 }, nothingRests), { points: 0 });
    assert.equal((await tracking.reader.show('ws_1', run.id)).metrics.loss?.step, 2);
  });

  it('is refused while something rests on the run, for a deleted run, and in another workspace', async () => {
    const { tracking } = house;
    const run = await begin('registered');
    const rests = async () => new Map([[run.id, 'registered' as const]]);
    const back = { step: 0 };
    await assert.rejects(tracking.rewindRun(ana, run.id, back, rests), {
      code: 'REWIND_KEPT',
      message: /registered model/,
    });
    const elsewhere = { ...ana, workspace: 'ws_2' };
    await assert.rejects(tracking.rewindRun(elsewhere, run.id, back, nothingRests), {
      code: 'RUN_NOT_FOUND',
    });
    await tracking.deleteRun(ana, run.id);
    await assert.rejects(tracking.rewindRun(ana, run.id, back, nothingRests), { code: 'RUN_DELETED' });
  });

  it('loses no point that two processes write meanwhile, and brings none back', async () => {
    const { tracking } = house;
    const other = house.secondService();
    const run = await begin('busy');
    const written = new Set<number>();
    const cut = new Set<number>();
    const keptIds: string[] = [];
    let step = 0;
    let newest = 0;
    let over = false;
    async function write(service: typeof tracking): Promise<void> {
      while (!over) {
        const from = step;
        step += 20;
        await service.log(ana, run.id, { metrics: lossAt(from, from + 20) });
        for (let each = from; each < from + 20; each++) written.add(each);
        newest = Math.max(newest, from + 19);
        // A fast machine would write more than is read again in the time of a test.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    async function rewindAndSort(): Promise<void> {
      for (let round = 0; round < 8; round++) {
        while (written.size < (round + 1) * 400) await new Promise((resolve) => setImmediate(resolve));
        const before = [...written];
        const to = { step: newest - 150 };
        const [{ kept }] = await Promise.all([
          (round % 2 === 0 ? tracking : other).rewindRun(ana, run.id, to, nothingRests),
          sortAll(),
          other.reader.show('ws_1', run.id),
        ]);
        if (kept !== undefined) keptIds.push(kept.id);
        for (const each of before) if (each > to.step) cut.add(each);
      }
      over = true;
    }
    await Promise.all([write(tracking), write(other), rewindAndSort()]);
    await sortAll();
    const left = (await pointsOf(run.id, 'loss')).map((point) => point.step);
    const kept = new Set<number>();
    for (const id of keptIds) for (const point of await pointsOf(id, 'loss')) kept.add(point.step);
    assert.deepEqual(
      left.filter((each) => cut.has(each)),
      [],
    );
    const seen = new Set([...left, ...kept]);
    assert.deepEqual(
      [...written].filter((each) => !seen.has(each)),
      [],
    );
    assert.equal((await tracking.reader.show('ws_1', run.id)).metrics.loss?.step, left.at(-1));
  });
});
