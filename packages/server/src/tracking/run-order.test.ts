import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RunOrder } from '@esteira/contracts';
import fc from 'fast-check';
import type { Experiment } from './experiment.ts';
import { searchRunHeads } from './run-search.ts';
import { ana, openTracking } from './tracking.fixture.ts';

const numbers = fc.constantFrom(
  -1,
  0,
  0.5,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  undefined,
);
interface Case {
  readonly id: string;
  readonly startedAt: number;
  readonly deleted: boolean;
  readonly loss: number | undefined;
  readonly auc: number | undefined;
}
const given = fc.array(
  fc.record({
    startedAt: fc.integer({ min: 1, max: 3 }),
    deleted: fc.constantFrom(false, false, false, true),
    loss: numbers,
    auc: numbers,
  }),
  { minLength: 1, maxLength: 14 },
);
const direction = fc.constantFrom<'asc' | 'desc'>('asc', 'desc');

it('runs come in the order of their metrics: numbers, then NaN, then none, ties by start and id, on every page', async () => {
  const fixture = await openTracking();
  const { tracking, sql } = fixture;
  let made = 0;
  await fc.assert(
    fc.asyncProperty(
      given,
      fc.array(fc.record({ name: fc.constantFrom('loss', 'auc'), direction }), {
        minLength: 1,
        maxLength: 2,
      }),
      fc.integer({ min: 1, max: 15 }),
      fc.boolean(),
      fc.constantFrom<'asc' | undefined>('asc', undefined),
      async (runs, orders, limit, filtered, ids) => {
        const experiment = await tracking.createExperiment(ana, { name: `experiment ${made++}`, note: '' });
        const cases = await Promise.all(runs.map((run) => begin(experiment, run)));
        await tracking.latest.settle();
        const visible = cases.filter(({ deleted, auc }) => !deleted && (!filtered || (auc ?? -1) >= 0));
        const expected = visible.toSorted(
          (a, b) =>
            orders.reduce((so, order) => so || compare(a[order.name], b[order.name], order.direction), 0) ||
            b.startedAt - a.startedAt ||
            (a.id < b.id === (ids === 'asc') ? -1 : 1),
        );
        const found = await idsOf(experiment, orders, limit, filtered, ids);
        assert.deepEqual(
          found,
          expected.map(({ id }) => id),
        );
      },
    ),
    { numRuns: 60 },
  );
  await fixture.close();

  async function begin(experiment: Experiment, run: Omit<Case, 'id'>): Promise<Case> {
    const id = `run${String(made++).padStart(8, '0')}`;
    const { startedAt, loss, auc } = run;
    await tracking.beginRun(ana, {
      id,
      experimentNumber: experiment.number,
      name: id,
      note: '',
      startedAt,
      tags: {},
    });
    // The value before is no longer that of the run.
    const metrics = [
      ...(loss === undefined ? [] : [1, 2].map((step) => ({ name: 'loss', value: step * loss, step }))),
      ...(auc === undefined ? [] : [{ name: 'auc', value: auc, step: 1 }]),
    ];
    for (const metric of metrics) await tracking.log(ana, id, { metrics: [metric] });
    if (run.deleted) await tracking.deleteRun(ana, id);
    return { ...run, id, loss: loss === undefined ? undefined : 2 * loss };
  }

  async function idsOf(
    experiment: Experiment,
    orders: readonly { name: 'loss' | 'auc'; direction: 'asc' | 'desc' }[],
    limit: number,
    filtered: boolean,
    direction: 'asc' | undefined,
  ): Promise<readonly string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await searchRunHeads(sql, 'ws_1', {
        experiments: [experiment],
        conditions: filtered ? [{ field: { kind: 'metric', name: 'auc' }, operator: '>=', value: 0 }] : [],
        orders: orders.map(
          ({ name, direction: way }): RunOrder => ({
            field: { kind: 'metric', name },
            direction: way,
          }),
        ),
        lifecycle: 'active',
        ids: direction,
        limit,
        cursor,
      });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return found;
  }
});

function compare(a: number | undefined, b: number | undefined, direction: 'asc' | 'desc'): number {
  const rank = (value: number | undefined) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);
  if (rank(a) !== rank(b) || rank(a) > 0 || a === undefined || b === undefined) return rank(a) - rank(b);
  const order = a === b ? 0 : a < b ? -1 : 1;
  return direction === 'asc' ? order : -order;
}
