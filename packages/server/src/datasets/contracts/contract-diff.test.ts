import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contractOf } from '../datasets.fixture.ts';
import { diffContracts } from './contract-diff.ts';
import { parseContract } from './parse-contract.ts';

type Property = { [key: string]: string | number | boolean | object };

function directions(before: Property, after: Property): readonly string[] {
  const [old, now] = [before, after].map((property) => {
    const document = contractOf({ properties: [{ name: 'a', ...property }] } as Parameters<
      typeof contractOf
    >[0]);
    const { rules } = parseContract(document);
    assert.ok(rules);
    return rules;
  });
  assert.ok(old && now);
  return diffContracts(old, now).map(({ direction, breaking }) => (breaking ? `${direction}!` : direction));
}

const options = (more: object) => ({ logicalType: 'number', logicalTypeOptions: more });
const rule = (more: object) => ({ quality: [{ id: 'q', ...more }] });

describe('the difference of two contracts', () => {
  it('is nothing when nothing that is checked changed', () => {
    assert.deepEqual(
      directions({ required: true, description: 'x' }, { required: true, description: 'y' }),
      [],
    );
  });

  it('is looser when a bound moves outward, stricter when it moves inward', () => {
    assert.deepEqual(directions(options({ minimum: 0 }), options({ minimum: -5 })), ['looser!']);
    assert.deepEqual(directions(options({ minimum: 0 }), options({ minimum: 5 })), ['stricter']);
    assert.deepEqual(directions(options({ maximum: 0 }), options({ maximum: 5 })), ['looser!']);
    assert.deepEqual(directions(options({ exclusiveMaximum: 5 }), options({ exclusiveMaximum: 0 })), [
      'stricter',
    ]);
  });

  it('is looser when a rule or a guarantee goes, stricter when one comes', () => {
    assert.deepEqual(directions({ required: true }, {}), ['looser!']);
    assert.deepEqual(directions({}, { unique: true }), ['stricter']);
  });

  it('sees thresholds, severities and units', () => {
    const nulls = { metric: 'nullValues', mustBeLessThan: 10 };
    assert.deepEqual(directions(rule(nulls), rule({ ...nulls, mustBeLessThan: 20 })), ['looser!']);
    assert.deepEqual(directions(rule(nulls), rule({ ...nulls, severity: 'warning' })), ['looser!']);
    assert.deepEqual(directions(rule(nulls), rule({ ...nulls, unit: 'percent' })), ['changed!']);
    const { mustBeLessThan: _, ...open } = nulls;
    assert.deepEqual(directions(rule(nulls), rule({ ...open, mustBeBetween: [-1, 5] })), ['stricter']);
  });

  it('is looser when more values are valid', () => {
    const valid = (...validValues: string[]) =>
      rule({ metric: 'invalidValues', arguments: { validValues }, mustBe: 0 });
    assert.deepEqual(directions(valid('a'), valid('a', 'b')), ['looser!']);
    assert.deepEqual(directions(valid('a', 'b'), valid('b')), ['stricter']);
    assert.deepEqual(directions(valid('a', 'b'), valid('b', 'c')), ['changed!']);
  });

  it('breaks when a type or a pattern changes', () => {
    assert.deepEqual(directions({ logicalType: 'integer' }, { logicalType: 'number' }), ['looser!']);
    assert.deepEqual(directions({ logicalType: 'integer' }, { logicalType: 'string' }), ['changed!']);
    const pattern = (text: string) => ({ logicalType: 'string', logicalTypeOptions: { pattern: text } });
    assert.deepEqual(directions(pattern('^a'), pattern('^b')), ['changed!']);
  });
});
