import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { columnOf } from '../column.ts';
import { contractOf, type DatasetsFixture, openDatasets } from '../datasets.fixture.ts';
import { parseContract } from './parse-contract.ts';
import { stabilityIndex } from './stability-index.ts';
import { type Validation, validateTable } from './validate-table.ts';

describe('validation', () => {
  let fixture: DatasetsFixture;

  before(async () => {
    fixture = await openDatasets();
  });
  after(() => fixture.close());

  async function validate(
    select: string,
    object: object,
    reference?: string,
  ): Promise<Validation & { of(id: string): readonly unknown[] }> {
    const tableOf = async (sql: string) => {
      const rows = await fixture.tables.query(`DESCRIBE ${sql}`);
      const columns = rows.map((row) => columnOf(String(row.column_name), String(row.column_type)));
      return { from: `(${sql})`, columns };
    };
    const { rules, findings } = parseContract(contractOf(object as Parameters<typeof contractOf>[0]));
    assert.ok(rules, JSON.stringify(findings));
    const validation = await validateTable(fixture.tables, await tableOf(select), rules, async () =>
      reference === undefined ? undefined : tableOf(reference),
    );
    return {
      ...validation,
      of(id) {
        const check = validation.checks.find((candidate) => candidate.id === id);
        return [check?.outcome, check?.measured];
      },
    };
  }

  const values = (...rows: string[]) =>
    `SELECT * FROM (VALUES ${rows.map((row) => `(${row})`).join(', ')}) t(a)`;
  const property = (more: object) => ({ properties: [{ name: 'a', ...more }] });
  const quality = (...rules: object[]) => property({ quality: rules });

  it('counts every failing row of a rule and keeps at most a hundred', async () => {
    const found = await validate(
      'SELECT i AS a FROM range(1000) r(i)',
      property({ logicalType: 'integer', logicalTypeOptions: { maximum: 749 } }),
    );
    assert.equal(found.outcome, 'refused');
    assert.deepEqual(found.of('a.maximum'), ['failed', 250]);
    assert.equal(found.failingRows, 250);
    assert.equal(found.sample.length, 100);
    assert.ok(found.sample.every(({ row }) => Number(row.a) > 749));
  });

  it('shares the sample among the failed checks and counts a row that breaks two once', async () => {
    const found = await validate('SELECT i AS a, -i AS b FROM range(1, 201) r(i)', {
      properties: [
        { name: 'a', logicalType: 'integer', logicalTypeOptions: { maximum: 0 } },
        { name: 'b', logicalType: 'integer', logicalTypeOptions: { minimum: 0 } },
      ],
    });
    assert.equal(found.failingRows, 200);
    assert.equal(found.sample.filter(({ check }) => check === 'a.maximum').length, 50);
    assert.equal(found.sample.filter(({ check }) => check === 'b.minimum').length, 50);
  });

  it('reads both bounds as their names say', async () => {
    const options = { minimum: 1, exclusiveMinimum: 1, maximum: 3, exclusiveMaximum: 3, multipleOf: 2 };
    const found = await validate(
      values('0', '1', '2', '3', '4', 'NULL'),
      property({ logicalType: 'integer', logicalTypeOptions: options }),
    );
    assert.deepEqual(found.of('a.minimum'), ['failed', 1]);
    assert.deepEqual(found.of('a.exclusiveMinimum'), ['failed', 2]);
    assert.deepEqual(found.of('a.maximum'), ['failed', 1]);
    assert.deepEqual(found.of('a.exclusiveMaximum'), ['failed', 2]);
    assert.deepEqual(found.of('a.multipleOf'), ['failed', 2]);
  });

  it('bounds times, by day and by instant', async () => {
    const rows = values(`TIMESTAMP '2001-01-01 00:00'`, `TIMESTAMP '2001-02-01 12:00'`, 'NULL');
    const options = { minimum: '2001-01-02', maximum: '2001-02-01T11:59:59Z' };
    const found = await validate(rows, property({ logicalType: 'timestamp', logicalTypeOptions: options }));
    assert.deepEqual(found.of('a.minimum'), ['failed', 1]);
    assert.deepEqual(found.of('a.maximum'), ['failed', 1]);
  });

  it('counts the values that are not of the logical type', async () => {
    const cases: readonly [string, string, unknown][] = [
      [values(`'1'`, `'x'`, `'2'`, 'NULL'), 'integer', 1],
      // A column of texts is wrong as a whole when each could be read.
      [values(`'1'`, `'2'`, 'NULL'), 'integer', 2],
      [values('1.0', '1.5'), 'integer', 1],
      [values('1', '2'), 'number', 0],
      [values(`'2001-01-01'`, `'soon'`), 'timestamp', 1],
      [values(`TIMESTAMP '2001-01-01 00:00'`, `TIMESTAMP '2001-01-01 01:00'`), 'date', 1],
      [values('true', 'false'), 'boolean', 0],
      [values('1', '2'), 'string', 2],
      [values('[1]', '[2, 3]'), 'array', 0],
    ];
    for (const [rows, logicalType, failing] of cases) {
      const found = await validate(rows, property({ logicalType }));
      assert.deepEqual(
        found.of('a.type'),
        [failing === 0 ? 'passed' : 'failed', failing],
        `${logicalType} ${rows}`,
      );
    }
  });

  it('refuses a missing column and does not guess about the rules on it', async () => {
    const found = await validate('SELECT 1 AS b', property({ logicalType: 'integer', required: true }));
    assert.equal(found.outcome, 'refused');
    assert.deepEqual(found.of('a.exists'), ['failed', 1]);
    assert.deepEqual(found.of('a.required'), ['not-evaluated', null]);
    assert.deepEqual(found.unexpectedColumns, ['b']);
  });

  it('measures the library metrics in rows and percent', async () => {
    const rows = values(`'x'`, `'x'`, `'y'`, `''`, `'N/A'`, 'NULL', 'NULL', `'z'`);
    const found = await validate(
      rows,
      quality(
        { id: 'nulls', metric: 'nullValues', mustBe: 2 },
        { id: 'nullShare', metric: 'nullValues', unit: 'percent', mustBeLessOrEqualTo: 25 },
        {
          id: 'missing',
          metric: 'missingValues',
          arguments: { missingValues: [null, '', 'N/A'] },
          mustBe: 4,
        },
        { id: 'listed', metric: 'invalidValues', arguments: { validValues: ['x', 'y'] }, mustBe: 3 },
        { id: 'pattern', metric: 'invalidValues', arguments: { pattern: '^[xyz]$' }, mustBe: 2 },
        { id: 'twice', metric: 'duplicateValues', mustBe: 1 },
      ),
    );
    assert.equal(found.outcome, 'passed', JSON.stringify(found.checks));
    assert.equal(found.failedChecks, 0);
  });

  it('counts duplicates of several columns and of a key', async () => {
    const found = await validate(
      `SELECT * FROM (VALUES (1, 1), (1, 2), (1, 2), (1, 2), (NULL, NULL), (NULL, NULL)) t(a, b)`,
      {
        properties: [{ name: 'a', unique: true }, { name: 'b' }],
        quality: [
          { id: 'pair', metric: 'duplicateValues', arguments: { properties: ['a', 'b'] }, mustBe: 0 },
        ],
      },
    );
    assert.deepEqual(found.of('a.unique'), ['failed', 3]);
    assert.deepEqual(found.of('pair'), ['failed', 2]);
    assert.ok(found.sample.some(({ check }) => check === 'pair'));
  });

  it('runs conditions, statistics and queries', async () => {
    const esteira = (id: string, implementation: object, more: object = {}) => {
      return { id, type: 'custom', engine: 'esteira', implementation, ...more };
    };
    const found = await validate(
      'SELECT i AS a FROM range(1, 101) r(i)',
      quality(
        esteira(
          'most',
          { check: 'condition', expression: 'a BETWEEN 1 AND 99', mustBeLessOrEqualTo: 1 },
          { unit: 'percent' },
        ),
        esteira('mean', { check: 'mean', mustBe: 50.5 }),
        esteira('median', { check: 'quantile', probability: 0.5, mustBe: 50.5 }),
        esteira('distinct', { check: 'distinctValues', mustBe: 100 }),
        {
          id: 'query',
          type: 'sql',
          query: 'SELECT count(*) FROM {object} WHERE {property} > 90',
          mustBe: 10,
        },
        { id: 'truth', type: 'sql', query: 'SELECT max({property}) = 100 FROM {object}', mustBe: true },
        { id: 'size', type: 'sql', query: 'SELECT count(*) FROM {object}', mustBe: 99, severity: 'warning' },
      ),
    );
    assert.equal(found.outcome, 'passed', JSON.stringify(found.checks));
    assert.deepEqual(found.of('size'), ['failed', 100]);
  });

  it('fails a check whose SQL does not fit, and still measures the others', async () => {
    const found = await validate(
      'SELECT 1 AS a',
      quality(
        { id: 'broken', type: 'sql', query: 'SELECT count(nothing) FROM {object}', mustBe: 0 },
        { id: 'sound', metric: 'nullValues', mustBe: 0 },
      ),
    );
    assert.equal(found.outcome, 'refused');
    assert.deepEqual(found.of('broken'), ['failed', null]);
    assert.match(found.checks.find((check) => check.id === 'broken')?.reason ?? '', /nothing/);
    assert.deepEqual(found.of('sound'), ['passed', 0]);
  });

  it('measures drift against another version, of numbers and of texts', async () => {
    const rule = quality({
      id: 'psi',
      type: 'custom',
      engine: 'esteira',
      implementation: { check: 'psi', mustBeLessThan: 0.1 },
    });
    const numbers = (shift: number) => `SELECT (i * 7919) % 1000 + ${shift} AS a FROM range(5000) r(i)`;
    const texts = (modulus: number) => `SELECT 'k' || (i % ${modulus}) AS a FROM range(5000) r(i)`;
    assert.equal((await validate(numbers(0), rule, numbers(0))).outcome, 'passed');
    assert.equal((await validate(numbers(400), rule, numbers(0))).outcome, 'refused');
    assert.equal((await validate(texts(5), rule, texts(5))).outcome, 'passed');
    assert.equal((await validate(texts(2), rule, texts(5))).outcome, 'refused');
    assert.deepEqual((await validate(numbers(0), rule)).of('psi'), ['not-evaluated', null]);
  });

  it('computes the stability index by its formula', () => {
    const expected = (0.2 - 0.5) * Math.log(0.2 / 0.5) + (0.8 - 0.5) * Math.log(0.8 / 0.5);
    assert.ok(Math.abs(stabilityIndex([20, 80], [50, 50]) - expected) < 1e-12);
  });

  it('can refuse columns beyond those of the contract', async () => {
    const closed = { customProperties: [{ property: 'esteira.closedSchema', value: true }], ...property({}) };
    const found = await validate('SELECT 1 AS a, 2 AS b', closed);
    assert.deepEqual(found.of('closed-schema'), ['failed', 1]);
  });
});
