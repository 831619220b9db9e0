import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { createIdGenerator } from '../kernel/ids.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createLatestValues } from './latest-values.ts';
import { sortJournal } from './metric-journal.ts';
import { createMetricSeries } from './metric-series.ts';
import { ana, openTracking } from './tracking.fixture.ts';
import type { TrackingReader } from './tracking-reader.ts';

const keys = { name: 'key', value: 'value', at: 'timestamp', step: 'step' };
const longAgo = 120_000;

it('a history that is printed once for each of its states is the one that is printed anew, whatever came and went', async () => {
  const house = await openTracking();
  const { sql, tracking, clock } = house;
  clock.time = Date.UTC(2026, 0, 1);
  const ids = createIdGenerator({ clock, random: systemRandom });
  const series = createMetricSeries({ clock, ids });
  const point = fc.record({ step: fc.nat({ max: 4 }), value: fc.constantFrom(0, 1, -2.5, Number.NaN) });
  const write = fc.oneof(
    fc.record({ kind: fc.constant('journal' as const), point }),
    fc.record({ kind: fc.constant('sorted' as const), point }),
    fc.record({ kind: fc.constant('rewind' as const), step: fc.nat({ max: 3 }) }),
    fc.record({ kind: fc.constant('sort' as const) }),
    fc.record({ kind: fc.constant('take over' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 10 }), async (writes) => {
      const run = await tracking.startRun(ana, { experiment: 'printed', name: 'run' });
      for (const what of writes) {
        await perform(run.id, what);
        const fresh = await printed(house.secondService().reader, run.id);
        assert.deepEqual(await printed(tracking.reader, run.id), fresh);
      }
    }),
    { numRuns: 25 },
  );
  await house.close();

  function perform(
    runId: string,
    what: typeof write extends fc.Arbitrary<infer W> ? W : never,
  ): Promise<unknown> {
    switch (what.kind) {
      case 'journal':
        return tracking.log(ana, runId, { metrics: [{ name: 'loss', at: 7, ...what.point }] });
      case 'sorted': {
        const metrics = [{ name: 'loss', at: 7, ...what.point }];
        return sql.transaction((tx) => tracking.within(tx).log(ana, runId, { metrics }));
      }
      case 'rewind':
        return tracking.rewindRun(ana, runId, { step: what.step }, async () => new Map());
      case 'sort':
        // As another process does with what a dead one left.
        clock.time += longAgo;
        return sortJournal({ sql, series, settle: createLatestValues({ sql, ids }).settle }, async () => {});
      case 'take over':
        return tracking.texts.settle();
    }
  }

  async function printed(reader: TrackingReader, runId: string): Promise<unknown> {
    const found = await reader.printedHistory(
      ana.workspace,
      runId,
      'loss',
      { limit: 100, cursor: undefined },
      keys,
    );
    if ('list' in found) return JSON.parse(found.list);
    return found.items.map(({ step, at, value }) => ({
      key: 'loss',
      value: Number.isNaN(value) ? 'NaN' : value,
      timestamp: at,
      step,
    }));
  }
});
