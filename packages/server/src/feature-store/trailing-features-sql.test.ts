import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import type { TableEngine, TableRow } from '../storage/tables/table-engine.ts';
import {
  factRowsSql,
  factsSql,
  featuresSql,
  type NamedView,
  onlineSql,
  shiftsSql,
  totalsSql,
  widestWindow,
} from './trailing-features-sql.ts';

const hour = 3_600_000;

/** A flight leaves at `t` and is known to have arrived `lag` later. */
interface Fact {
  readonly key: string;
  readonly t: number;
  readonly lag: number;
  readonly delay: number | null;
}

const view: NamedView = {
  name: 'departures',
  body: {
    entity: 'airport',
    source: 'flights',
    keys: { airport: 'key' },
    knownAt: 'make_timestamp((t + lag) * 1000)',
    derive: { late: 'CASE WHEN delay > 15 THEN 1.0 WHEN delay IS NOT NULL THEN 0.0 END' },
    features: [
      { name: 'flights', aggregate: 'count', window: 'PT3H' },
      { name: 'known', aggregate: 'count', column: 'delay', window: 'PT3H' },
      { name: 'total', aggregate: 'sum', column: 'delay', window: 'PT3H' },
      { name: 'mean', aggregate: 'mean', column: 'delay', window: 'PT1H' },
      { name: 'late', aggregate: 'mean', column: 'late', window: 'PT3H' },
      { name: 'spread', aggregate: 'stddev', column: 'delay', window: 'PT3H' },
      { name: 'least', aggregate: 'min', column: 'delay', window: 'PT3H' },
      { name: 'most', aggregate: 'max', column: 'delay', window: 'PT1H' },
    ],
    description: '',
  },
};

let directory: string;
let tables: TableEngine;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'trailing-features-'));
  tables = await openDuckdbTableEngine({ directories: [directory], temporaryDirectory: directory });
});

after(async () => {
  await tables.close();
  rmSync(directory, { recursive: true });
});

// Few keys and coarse times, so that ties, empty windows and facts at a window's very edge are common.
const facts = fc.array(
  fc.record({
    key: fc.constantFrom('ORD', 'LAX'),
    t: fc.integer({ min: 0, max: 12 }).map((step) => step * (hour / 2)),
    lag: fc.integer({ min: 1, max: 5 }).map((step) => step * (hour / 2)),
    delay: fc.option(fc.integer({ min: -30, max: 90 }), { nil: null }),
  }),
  { minLength: 1, maxLength: 25 },
);
const asked = fc.array(
  fc.record({
    key: fc.constantFrom('ORD', 'LAX', 'JFK'),
    t: fc.integer({ min: 0, max: 16 }).map((step) => step * (hour / 2)),
  }),
  { minLength: 1, maxLength: 8 },
);

test('every value equals the one a loop over the facts known in the window gives', async () => {
  await fc.assert(
    fc.asyncProperty(facts, asked, async (rows, questions) => {
      const got = await computeFeatures(rows, questions);
      for (const [index, question] of questions.entries())
        assertClose(got[index] ?? {}, expectedAt(rows, question));
    }),
    { numRuns: 40 },
  );
});

test('what becomes known after the moment asked about changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(facts, asked, fc.integer({ min: -30, max: 90 }), async (rows, questions, delay) => {
      const last = Math.max(...questions.map((question) => question.t));
      const future: Fact[] = ['ORD', 'LAX'].map((key) => ({ key, t: 0, lag: last + 1, delay }));
      assert.deepEqual(
        await computeFeatures([...rows, ...future], questions),
        await computeFeatures(rows, questions),
      );
    }),
    { numRuns: 20 },
  );
});

test('the shares of the keys give together what all keys give at once', async () => {
  await fc.assert(
    fc.asyncProperty(facts, asked, fc.integer({ min: 2, max: 5 }), async (rows, questions, count) => {
      assert.deepEqual(await computeFeatures(rows, questions, count), await computeFeatures(rows, questions));
    }),
    { numRuns: 15 },
  );
});

test('the online values of a moment are the offline values of a row at that moment', async () => {
  const rows: Fact[] = Array.from({ length: 40 }, (_fact, index) => ({
    key: index % 3 === 0 ? 'ORD' : 'LAX',
    t: index * (hour / 8),
    lag: hour,
    delay: ((index * 37) % 80) - 20,
  }));
  const at = 4 * hour;
  const offline = await computeFeatures(rows, [
    { key: 'LAX', t: at },
    { key: 'ORD', t: at },
  ]);
  const online = await tables.session(async (engine) => {
    await engine.query(sourceSql(rows));
    return await engine.query(onlineSql(view, 'flights', at));
  });
  for (const [index, row] of online.entries()) {
    for (const feature of view.body.features) {
      assert.ok(
        Math.abs(Number(row[feature.name]) - Number(offline[index]?.[`dep_${feature.name}`])) < 1e-9,
        feature.name,
      );
    }
  }
});

test('two rows that ask the same get the same answer each', async () => {
  const rows: Fact[] = [{ key: 'ORD', t: 0, lag: hour, delay: 20 }];
  const got = await computeFeatures(rows, [
    { key: 'ORD', t: 2 * hour },
    { key: 'ORD', t: 2 * hour },
  ]);
  assert.equal(got.length, 2);
  assert.deepEqual(got[0], got[1]);
});

async function computeFeatures(
  rows: readonly Fact[],
  questions: readonly { key: string; t: number }[],
  count = 1,
) {
  return await tables.session(async (engine) => {
    await engine.query(sourceSql(rows));
    const values = questions.map(({ key, t }, index) => `(${index}, '${key}', ${t})`).join(', ');
    await engine.query(
      `CREATE TEMP TABLE spine AS SELECT * FROM (VALUES ${values}) AS s(row_id, key_0, event_time)`,
    );
    const times = questions.map((question) => question.t);
    const span = { after: Math.min(...times) - widestWindow(view), until: Math.max(...times) };
    const known = factRowsSql(view, 'flights', span);
    await engine.query(shiftsSql(view, known, 'shifts'));
    const use = {
      view,
      keyColumns: ['key_0'],
      prefix: 'dep',
      features: view.body.features,
      facts: 'facts',
      totals: 'totals',
      shifts: 'shifts',
    };
    const got: TableRow[] = [];
    for (let number = 0; number < count; number++) {
      await engine.query(factsSql(view, known, { number, count }, 'facts'));
      await engine.query(totalsSql(view, use, 'totals'));
      got.push(...(await engine.query(featuresSql(use, 'spine', { number, count }))));
    }
    return got
      .toSorted((left, right) => Number(left.row_id) - Number(right.row_id))
      .map(({ row_id: _place, ...features }) => features);
  });
}

function sourceSql(rows: readonly Fact[]): string {
  const values = rows
    .map(({ key, t, lag, delay }) => `('${key}', ${t}, ${lag}, ${delay ?? 'NULL'})`)
    .join(', ');
  return `CREATE TEMP TABLE flights AS SELECT key, CAST(t AS BIGINT) AS t, CAST(lag AS BIGINT) AS lag, CAST(delay AS INTEGER) AS delay
    FROM (VALUES ${values}) AS f(key, t, lag, delay)`;
}

function expectedAt(
  rows: readonly Fact[],
  { key, t }: { key: string; t: number },
): Record<string, number | null> {
  const known = (window: number): Fact[] =>
    rows.filter((row) => row.key === key && row.t + row.lag <= t && row.t + row.lag > t - window);
  const three = known(3 * hour).flatMap((row) => (row.delay === null ? [] : [row.delay]));
  const one = known(hour).flatMap((row) => (row.delay === null ? [] : [row.delay]));
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(three) ?? 0;
  return {
    dep_flights: known(3 * hour).length,
    dep_known: three.length,
    dep_total: three.length === 0 ? null : three.reduce((sum, value) => sum + value, 0),
    dep_mean: mean(one),
    dep_late: mean(three.map((delay) => (delay > 15 ? 1 : 0))),
    dep_spread:
      three.length < 2
        ? null
        : Math.sqrt(three.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (three.length - 1)),
    dep_least: three.length === 0 ? null : Math.min(...three),
    dep_most: one.length === 0 ? null : Math.max(...one),
  };
}

function assertClose(
  got: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, number | null>>,
): void {
  for (const [name, value] of Object.entries(expected)) {
    const actual = got[name];
    if (value === null) assert.equal(actual, null, name);
    else
      assert.ok(
        typeof actual === 'number' && Math.abs(actual - value) < 1e-6,
        `${name}: ${String(actual)} instead of ${value}`,
      );
  }
}
