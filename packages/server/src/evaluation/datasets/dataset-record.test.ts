import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type GivenRecord, type JsonObject, mergeRecord, newRecord, withFieldsOf } from './dataset-record.ts';

const objects = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue(), {
  maxKeys: 3,
  noNullPrototype: true,
}) as fc.Arbitrary<JsonObject>;
const given: fc.Arbitrary<GivenRecord> = fc
  .tuple(objects, objects, objects, fc.option(fc.jsonValue(), { nil: undefined }))
  .map(([inputs, expectations, tags, outputs]) => ({
    inputs,
    expectations,
    tags,
    ...(outputs === undefined ? {} : { outputs: outputs as GivenRecord['outputs'] & {} }),
    source: undefined,
    userName: undefined,
  }));
const place = { id: 'dr-1', position: 1, at: 1 };

describe('a record', () => {
  it('merged again with what it was made of stays what it is', () => {
    fc.assert(
      fc.property(given, (record) => {
        const made = newRecord(record, place);
        assert.deepEqual(mergeRecord(made, record, 1), made);
      }),
    );
  });

  it('keeps what later ones do not name, and takes what they do', () => {
    fc.assert(
      fc.property(given, given, (first, second) => {
        const made = newRecord(first, place);
        const merged = mergeRecord(made, second, 2);
        assert.deepEqual(merged.expectations ?? {}, { ...first.expectations, ...second.expectations });
        assert.deepEqual(merged.tags, { ...first.tags, ...second.tags });
        assert.deepEqual(merged.outputs, second.outputs === undefined ? made.outputs : second.outputs);
        assert.deepEqual([merged.inputs, merged.createdAt, merged.updatedAt], [first.inputs, 1, 2]);
      }),
    );
  });
});

describe('the fields of records', () => {
  const record = (values: Partial<GivenRecord>): GivenRecord => ({
    inputs: {},
    expectations: {},
    tags: {},
    source: undefined,
    userName: undefined,
    ...values,
  });

  it('have the types they first had', () => {
    const inputs = { text: 'x', whole: 1, part: 0.5, yes: true, none: null, list: [1], deep: { a: 1 } };
    const fields = withFieldsOf(undefined, [
      record({ inputs }),
      record({ inputs: { text: 1 }, outputs: 'x' }),
    ]);
    assert.deepEqual(fields, {
      inputs: {
        text: 'string',
        whole: 'integer',
        part: 'float',
        yes: 'boolean',
        none: 'null',
        list: 'array',
        deep: 'object',
      },
      outputs: 'string',
      expectations: {},
    });
    const more = withFieldsOf(fields, [record({ outputs: { a: 1 }, expectations: { b: [] } })]);
    assert.deepEqual([more.outputs, more.expectations], ['string', { b: 'array' }]);
  });

  it('do not depend on how records come in batches', () => {
    fc.assert(
      fc.property(fc.array(given, { maxLength: 6 }), fc.nat(6), (records, cut) => {
        const whole = withFieldsOf(undefined, records);
        const parts = withFieldsOf(withFieldsOf(undefined, records.slice(0, cut)), records.slice(cut));
        assert.deepEqual(parts, whole);
      }),
    );
  });
});
