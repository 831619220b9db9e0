import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '@esteira/contracts';
import { contractOf } from '../datasets.fixture.ts';
import { parseContract } from './parse-contract.ts';

function errorsOf(object: Parameters<typeof contractOf>[0]): readonly string[] {
  const { findings, rules } = parseContract(contractOf(object));
  const errors = findings.filter((finding) => finding.level === 'error');
  assert.equal(rules === undefined, errors.length > 0);
  return errors.map((finding) => `${finding.path}: ${finding.message}`);
}

const column = (more: object) =>
  ({ properties: [{ name: 'a', ...more }] }) as Parameters<typeof contractOf>[0];

describe('a contract', () => {
  it('is read from YAML into checks', () => {
    const { rules, findings } = parseContract(`
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
team: {members: [{username: ana}]}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: string, primaryKey: true, logicalTypeOptions: {maxLength: 10}}
      - name: amount
        logicalType: number
        quality:
          - {metric: nullValues, mustBeLessThan: 1, unit: percent}
          - {type: text, description: Amounts are net of tax.}
    quality:
      - {id: volume, metric: rowCount, mustBeBetween: [100, 120]}
`);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      rules?.checks.map((check) => check.id),
      [
        'id.exists',
        'id.type',
        'id.required',
        'id.maxLength',
        'amount.exists',
        'amount.type',
        'primary-key',
        'volume',
        'amount.nullValues',
      ],
    );
    assert.deepEqual(rules.documented, ['Amounts are net of tax.']);
  });

  it('names the line of YAML that cannot be read', () => {
    const { findings } = parseContract('apiVersion: v3.1.0\nschema: [\n');
    assert.match(findings[0]?.path ?? '', /^line \d/);
  });

  it('refuses what is nested deeper than can be read', () => {
    const deep = (levels: number): JsonValue => (levels === 0 ? 1 : [deep(levels - 1)]);
    const { rules, findings } = parseContract(contractOf({ customProperties: deep(300) }));
    assert.equal(rules, undefined);
    assert.deepEqual(findings, [{ level: 'error', path: '', message: 'the contract is nested too deep' }]);
  });

  it('refuses what ODCS does not know, at every level', () => {
    assert.deepEqual(errorsOf({ colour: 'red' }), ['schema[0]: "colour" is not a key of ODCS 3.1.0 here']);
    assert.deepEqual(errorsOf(column({ nullable: true })), [
      'schema[0].properties[0]: "nullable" is not a key of ODCS 3.1.0 here',
    ]);
    assert.match(
      errorsOf(column({ quality: [{ metric: 'freshness', mustBe: 0 }] }))[0] ?? '',
      /no metric freshness/,
    );
    assert.match(
      errorsOf(column({ logicalType: 'integer', logicalTypeOptions: { pattern: 'x' } }))[0] ?? '',
      /pattern/,
    );
    assert.match(
      errorsOf(column({ quality: [{ type: 'custom', engine: 'soda', implementation: 'x' }] }))[0] ?? '',
      /soda/,
    );
  });

  it('wants exactly one operator, and a pair in order', () => {
    const rule = (more: object) => column({ quality: [{ metric: 'nullValues', ...more }] });
    assert.match(errorsOf(rule({}))[0] ?? '', /no operator/);
    assert.match(errorsOf(rule({ mustBe: 0, mustBeLessThan: 2 }))[0] ?? '', /more than one operator/);
    assert.match(errorsOf(rule({ mustBeBetween: [3, 2] }))[0] ?? '', /smaller and a larger/);
  });

  it('refuses a severity or a unit that would be passed over', () => {
    const rule = (more: object) => column({ quality: [{ metric: 'nullValues', mustBe: 0, ...more }] });
    assert.match(errorsOf(rule({ severity: 'meh' }))[0] ?? '', /severity/);
    assert.match(errorsOf(rule({ unit: 'bananas' }))[0] ?? '', /bananas/);
  });

  it('notes what it knows and does not check', () => {
    const { findings } = parseContract(contractOf(column({ physicalType: 'VARCHAR(3)' })));
    assert.deepEqual(findings, [
      {
        level: 'note',
        path: 'schema[0].properties[0].physicalType',
        message: 'the physical type is not checked',
      },
    ]);
  });

  it('of several tables is read for the one named like the dataset', () => {
    const document = { ...(contractOf({}) as object), schema: [{ name: 'a' }, { name: 'b' }] };
    assert.equal(parseContract(document, 'b').rules?.object, 'b');
    assert.match(parseContract(document, 'c').findings[0]?.message ?? '', /name one of the 2 objects/);
  });

  it('gives two rules of one name different ids', () => {
    const rule = { metric: 'nullValues', mustBeLessThan: 3 };
    const { rules } = parseContract(contractOf(column({ quality: [rule, rule] })));
    assert.deepEqual(
      rules?.checks.map((check) => check.id),
      ['a.exists', 'a.nullValues', 'a.nullValues#2'],
    );
  });
});
