import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createIdGenerator } from '../kernel/ids.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createLatestValues } from './latest-values.ts';
import { sortJournal } from './metric-journal.ts';
import { createMetricSeries } from './metric-series.ts';
import { isLater } from './metric-value.ts';
import { ana, openTracking } from './tracking.fixture.ts';

interface Tables {
  metric_series: { run_id: string; name: string; value: number };
}

const value = fc.constantFrom(-1.5, 0, 3, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const point = fc.record({
  name: fc.constantFrom('loss', 'auc', 'f1'),
  step: fc.integer({ min: -2, max: 3 }),
  at: fc.constantFrom(1, 2, 5),
  value,
});

it('the latest value is shown right after its point was logged, whichever process is asked and whatever is sorted', async () => {
  const fixture = await openTracking();
  const { sql, clock, tracking } = fixture;
  // The numbers that processes give to series are their own from 2024 on.
  clock.time = Date.UTC(2026, 0, 1);
  const other = fixture.secondService();
  const ids = createIdGenerator({ clock, random: systemRandom });
  const series = createMetricSeries({ clock, ids });
  const batches = fc.array(fc.array(point, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(batches, fc.nat({ max: 6 }), async (given, sortedAfter) => {
      const run = await tracking.startRun(ana, { experiment: 'flights', name: 'run' });
      const expected = new Map<string, (typeof given)[number][number]>();
      for (const [index, metrics] of given.entries()) {
        await (index % 2 === 0 ? tracking : other).log(ana, run.id, { metrics });
        for (const each of metrics) {
          const known = expected.get(each.name);
          if (known === undefined || isLater(each, known)) expected.set(each.name, { ...each });
        }
        if (index === sortedAfter) {
          clock.time += 120_000;
          await sortJournal({ sql, series, settle: createLatestValues({ sql, ids }).settle }, async () => {});
        }
        for (const service of [other, tracking]) {
          const { metrics: shown } = await service.reader.show('ws_1', run.id);
          assert.deepEqual(shown, Object.fromEntries(expected));
        }
      }
    }),
    { numRuns: 20 },
  );
  await fixture.close();
});

it('callers who come while values are settled are served next, and a value stays behind until somebody asks', async () => {
  const fixture = await openTracking();
  const { sql, tracking } = fixture;
  const run = await tracking.startRun(ana, { experiment: 'flights', name: 'run' });
  const log = (step: number) => tracking.log(ana, run.id, { metrics: [{ name: 'loss', value: step, step }] });
  const stored = async () => {
    const rows = await sql.query<Tables>().selectFrom('metric_series').select('value').execute();
    return rows.map((row) => row.value);
  };
  await log(1);
  await log(2);
  assert.deepEqual(await stored(), [1]);
  const settled = tracking.latest.settle();
  await log(3);
  await Promise.all([settled, tracking.latest.settle()]);
  assert.deepEqual(await stored(), [3]);
  await fixture.close();
});
