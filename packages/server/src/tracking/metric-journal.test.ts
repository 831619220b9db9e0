import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createIdGenerator } from '../kernel/ids.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createLatestValues } from './latest-values.ts';
import { sortJournal } from './metric-journal.ts';
import { createMetricSeries } from './metric-series.ts';
import { metricHistory } from './metric-store.ts';
import { ana, openTracking } from './tracking.fixture.ts';

interface Tables {
  metric_batches: { id: string };
  metric_points: { series_id: number; step: number };
  metric_series: { id: number; run_id: string };
}

const longAgo = 120_000;

async function openJournal() {
  const fixture = await openTracking();
  const { sql, clock } = fixture;
  const ids = createIdGenerator({ clock, random: systemRandom });
  const series = createMetricSeries({ clock, ids });
  return {
    ...fixture,
    /** As another process does with what a dead one left. */
    async sort() {
      clock.time += longAgo;
      await sortJournal({ sql, series, settle: createLatestValues({ sql, ids }).settle }, async () => {});
    },
    batches: () => sql.query<Tables>().selectFrom('metric_batches').select('id').execute(),
    points: () => sql.query<Tables>().selectFrom('metric_points').select(['series_id', 'step']).execute(),
  };
}

it('the history of a metric is the same before, between and after its points are sorted in', async () => {
  const journal = await openJournal();
  const { sql, tracking } = journal;
  const value = fc.constantFrom(
    -1.5,
    0,
    -0,
    3,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  );
  const point = fc.record({ step: fc.integer({ min: -2, max: 4 }), at: fc.constantFrom(1, 2, 5), value });
  const batches = fc.array(fc.array(point, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(batches, fc.nat({ max: 6 }), async (given, sortedAfter) => {
      const run = await tracking.startRun(ana, { experiment: 'flights', name: `run ${number++}` });
      const expected = new Set<string>();
      for (const [index, points] of given.entries()) {
        await tracking.log(ana, run.id, { metrics: points.map((one) => ({ name: 'loss', ...one })) });
        for (const one of points) expected.add(`${one.step} ${one.at} ${one.value + 0}`);
        if (index === sortedAfter) await journal.sort();
        const history = await metricHistory(sql, run.id, 'loss', { limit: 1000 });
        const seen = history?.points.map((one) => `${one.step} ${one.at} ${one.value}`) ?? [];
        assert.equal(history?.total, expected.size);
        assert.deepEqual([...seen].sort(), [...expected].sort());
        const steps = history.points.map((one) => one.step);
        assert.deepEqual(
          steps,
          [...steps].sort((a, b) => a - b),
        );
      }
      const from = await metricHistory(sql, run.id, 'loss', { limit: 1000, fromStep: 0, toStep: 2 });
      const within = [...expected].filter((key) => ['0', '1', '2'].includes(key.split(' ')[0] ?? ''));
      assert.equal(from?.total, within.length);
    }),
    { numRuns: 15 },
  );
  await journal.close();
});

it('what is sorted in leaves the journal, and a batch that is sorted in twice is there once', async () => {
  const journal = await openJournal();
  const run = await journal.tracking.startRun(ana, { experiment: 'flights', name: 'twice' });
  const metrics = Array.from({ length: 1500 }, (_, step) => ({ name: 'loss', value: 1, step, at: step % 7 }));
  for (let times = 0; times < 2; times++) {
    await journal.tracking.log(ana, run.id, { metrics });
    await journal.sort();
    assert.deepEqual(await journal.batches(), []);
    assert.equal((await journal.points()).length, 1500);
  }
  await journal.close();
});

it('points that wait go with their run when it is removed', async () => {
  const journal = await openJournal();
  const { sql, tracking } = journal;
  const [kept, removed] = await Promise.all(
    ['kept', 'removed'].map((name) => tracking.startRun(ana, { experiment: 'flights', name })),
  );
  assert.ok(kept !== undefined && removed !== undefined);
  await Promise.all(
    [kept, removed].map((run) =>
      tracking.log(ana, run.id, { metrics: [{ name: 'loss', value: 1, step: 1, at: 1 }] }),
    ),
  );
  await sql.transaction((tx) =>
    tx.query<Tables>().deleteFrom('metric_series').where('run_id', '=', removed.id).execute(),
  );
  await journal.sort();
  assert.equal((await journal.points()).length, 1);
  assert.equal(await metricHistory(sql, removed.id, 'loss', { limit: 10 }), undefined);
  assert.equal((await metricHistory(sql, kept.id, 'loss', { limit: 10 }))?.total, 1);
  await journal.close();
});
