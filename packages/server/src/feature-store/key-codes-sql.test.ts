import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { openDuckdbTableEngine } from '../storage/tables/duckdb/duckdb-table-engine.ts';
import type { TableEngine, TableRow } from '../storage/tables/table-engine.ts';
import { codedFactsSql, codedSpineSql, codedView, keyCodesSql } from './key-codes-sql.ts';
import {
  factRowsSql,
  factsSql,
  featuresSql,
  type KnownOfValues,
  type NamedView,
  shiftsSql,
  totalsSql,
  widestWindow,
} from './trailing-features-sql.ts';

interface Fact {
  readonly from: string | null;
  readonly to: string;
  readonly t: number;
  readonly value: number | null;
}

interface Asked {
  readonly from: string | null;
  readonly to: string;
  readonly t: number;
}

const view: NamedView = {
  name: 'routes',
  body: {
    entity: 'route',
    source: 'flights',
    keys: { origin: 'a', target: 'b' },
    knownAt: 'make_timestamp(t * 1000)',
    derive: {},
    features: [
      { name: 'facts', aggregate: 'count', window: 'PT5S' },
      { name: 'values', aggregate: 'count', column: 'value', window: 'PT5S' },
      { name: 'sum', aggregate: 'sum', column: 'value', window: 'PT5S' },
      { name: 'mean', aggregate: 'mean', column: 'value', window: 'PT2S' },
      { name: 'spread', aggregate: 'stddev', column: 'value', window: 'PT5S' },
      { name: 'most', aggregate: 'max', column: 'value', window: 'PT2S' },
    ],
    description: '',
  },
};

let directory: string;
let tables: TableEngine;

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'key-codes-'));
  tables = await openDuckdbTableEngine({ directories: [directory], temporaryDirectory: directory });
});

after(async () => {
  await tables.close();
  rmSync(directory, { recursive: true });
});

const key = fc.constantFrom('ORD', 'LAX');
const moment = fc.integer({ min: 0, max: 20 }).map((step) => step * 500);
const factsOf = (value: fc.Arbitrary<number | null>) =>
  fc.array(fc.record({ from: fc.option(key, { freq: 9 }), to: key, t: moment, value }), {
    minLength: 1,
    maxLength: 30,
  });
const asked = fc.array(
  fc.record({
    from: fc.option(fc.constantFrom('ORD', 'LAX', 'JFK'), { freq: 9 }),
    to: key,
    t: moment,
  }),
  { minLength: 1, maxLength: 8 },
);
const whole = fc.integer({ min: -1000, max: 1000 });

test('coded keys and sums carried on from key to key give what texts and sums of each key give', async () => {
  const rows = fc.oneof(factsOf(whole), factsOf(fc.option(whole)));
  await fc.assert(
    fc.asyncProperty(rows, asked, fc.integer({ min: 1, max: 3 }), async (facts, questions, count) => {
      const coded = await computeFeatures(facts, questions, { isCoded: true, count });
      assert.equal(coded.known.whole, true);
      const plain = await computeFeatures(facts, questions, { isCoded: false, count: 1 });
      assert.deepEqual(rounded(coded.rows), rounded(plain.rows));
    }),
    { numRuns: 25 },
  );
});

test('values with fractions are summed up key by key and give what a loop gives', async () => {
  const rows = factsOf(fc.constantFrom(0.1, 1e9, -2.75, null));
  await fc.assert(
    fc.asyncProperty(rows, asked, async (facts, questions) => {
      const coded = await computeFeatures(facts, questions, { isCoded: true, count: 1 });
      for (const [index, question] of questions.entries()) {
        const values = facts.flatMap(({ from, to, t, value }) => {
          const isKnown = t <= question.t && t > question.t - 5000 && from === question.from;
          return isKnown && from !== null && to === question.to && value !== null ? [value] : [];
        });
        const sum = coded.rows[index]?.r_sum;
        if (values.length === 0) assert.equal(sum, null);
        else {
          const expected = values.reduce((total, value) => total + value, 0);
          assert.ok(Math.abs(Number(sum) - expected) < 1e-5, `${String(sum)} instead of ${expected}`);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('sums are carried on only where doubles hold them exactly', async () => {
  const wholeOf = async (values: readonly (number | string)[]): Promise<unknown> => {
    const rows = values.map((value, index) => `(${index}, CAST('${value}' AS DOUBLE))`).join(', ');
    return await tables.session(async (engine) => {
      const facts = `SELECT 'ORD' AS k0, 'LAX' AS k1, t AS known, v AS v0 FROM (VALUES ${rows}) AS f(t, v)`;
      await engine.query(shiftsSql(view, facts, 'shifts'));
      const [row] = await engine.query('SELECT whole, complete FROM shifts');
      return row?.whole;
    });
  };
  assert.equal(await wholeOf([1, -2, 3_000_000]), true);
  assert.equal(await wholeOf([1, 0.5]), false);
  assert.equal(await wholeOf([1, 2 ** 30]), false, 'its square is beyond 2^53');
  assert.equal(await wholeOf([2 ** 30, 2 ** 30 + 1]), false, 'shifted by as much as the values are');
  assert.equal(await wholeOf([1, 'inf']), false);
  assert.equal(await wholeOf([1, 'nan']), false);
});

async function computeFeatures(
  facts: readonly Fact[],
  questions: readonly Asked[],
  { isCoded, count }: { isCoded: boolean; count: number },
): Promise<{ rows: readonly TableRow[]; known: KnownOfValues }> {
  const text = (value: string | null): string => (value === null ? 'NULL' : `'${value}'`);
  return await tables.session(async (engine) => {
    const rows = facts.map(
      (fact) => `(${text(fact.from)}, '${fact.to}', ${fact.t}, ${fact.value ?? 'NULL'})`,
    );
    await engine.query(`CREATE TEMP TABLE flights AS SELECT a, b, CAST(t AS BIGINT) AS t, CAST(value AS DOUBLE) AS value
      FROM (VALUES ${rows.join(', ')}) AS f(a, b, t, value)`);
    const wanted = questions.map(({ from, to, t }, index) => `(${index}, ${text(from)}, '${to}', ${t})`);
    await engine.query(`CREATE TEMP TABLE spine AS SELECT row_id, CAST(key_0 AS VARCHAR) AS key_0, key_1, event_time
      FROM (VALUES ${wanted.join(', ')}) AS s(row_id, key_0, key_1, event_time)`);
    const times = questions.map(({ t }) => t);
    const span = { after: Math.min(...times) - widestWindow(view), until: Math.max(...times) };
    const read = factRowsSql(view, 'flights', span);
    if (isCoded) {
      await engine.query(keyCodesSql('spine', [['key_0', 'key_1']], 'codes'));
      await engine.query(codedFactsSql(view, read, 'codes', 'known_facts'));
      await engine.query(codedSpineSql('spine', ['key_0', 'key_1'], 'codes', 'asked'));
    }
    const source = isCoded ? 'SELECT * FROM known_facts' : read;
    const used = isCoded ? codedView(view) : view;
    await engine.query(shiftsSql(used, source, 'shifts'));
    const [values] = await engine.query('SELECT whole, complete FROM shifts');
    const known = isCoded ? { whole: values?.whole === true, complete: values?.complete === true } : {};
    const use = {
      view: used,
      keyColumns: isCoded ? ['code'] : ['key_0', 'key_1'],
      prefix: 'r',
      features: view.body.features,
      facts: 'facts',
      totals: 'totals',
      shifts: 'shifts',
      known,
    };
    const got: TableRow[] = [];
    for (let number = 0; number < count; number++) {
      await engine.query(factsSql(used, source, { number, count }, 'facts'));
      await engine.query(totalsSql(used, use, 'totals', known));
      got.push(...(await engine.query(featuresSql(use, isCoded ? 'asked' : 'spine', { number, count }))));
    }
    assert.equal(got.length, questions.length);
    return { rows: got.toSorted((left, right) => Number(left.row_id) - Number(right.row_id)), known };
  });
}

// Facts are shifted by the first value of those that are kept, which moves the last digits.
function rounded(rows: readonly TableRow[]): readonly TableRow[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' ? Math.round(value * 1e6) / 1e6 + 0 : value,
      ]),
    ),
  );
}
