import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRow, encodeRow, fitRow, valueLimits } from './canonical-row.ts';
import type { TableSchema } from './table-schema.ts';

const table: TableSchema = {
  name: 'notes',
  columns: [
    { name: 'id', type: 'text', nullable: false },
    { name: 'note', type: 'text', nullable: true },
    { name: 'count', type: 'integer', nullable: true },
    { name: 'share', type: 'double', nullable: true },
    { name: 'rate', type: 'double', nullable: false },
  ],
  key: ['id'],
};

const text = fc.string({ unit: 'grapheme' });
const whole = fc.maxSafeInteger();
const double = fc.double({ noNaN: false, noDefaultInfinity: false });
const row = fc.tuple(text, fc.option(text), fc.option(whole), fc.option(double), double);

test('every row reads back as it was, in one line', () => {
  fc.assert(
    fc.property(row, (values) => {
      const line = encodeRow(table, values);
      assert.ok(!line.includes('\n'));
      assert.deepStrictEqual(decodeRow(table, line), values.map(wholeZero));
    }),
  );
});

test('rows that differ have texts that differ, and equal rows have one text', () => {
  fc.assert(
    fc.property(row, row, (one, other) => {
      const same = one.every((value, index) => Object.is(value, other[index]));
      assert.equal(encodeRow(table, one) === encodeRow(table, other), same);
    }),
  );
});

test('NaN, the infinities, the sign of zero and null are told apart', () => {
  const texts = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, null].map((share) =>
    encodeRow(table, ['a', null, null, share, 1]),
  );
  assert.deepEqual(texts, [
    '["a",null,null,"NaN",1]',
    '["a",null,null,"Infinity",1]',
    '["a",null,null,"-Infinity",1]',
    '["a",null,null,0,1]',
    '["a",null,null,-0,1]',
    '["a",null,null,null,1]',
  ]);
});

test('a value that its column cannot hold everywhere is refused by name', () => {
  const refuse = (values: readonly unknown[]) => {
    assert.throws(() => encodeRow(table, values), { code: 'VALUE_NOT_PORTABLE' });
  };
  refuse([null, null, null, null, 1]);
  refuse(['a', 7, null, null, 1]);
  refuse(['a', null, 1.5, null, 1]);
  refuse(['a', null, 2 ** 53, null, 1]);
  refuse(['a', null, null, 'x', 1]);
});

test('what is no row of the table is told from one', () => {
  for (const line of [
    '',
    '{}',
    '[1]',
    '["a",null,null,null]',
    '["a",null,"1",null,1]',
    '["a",null,null,"x",1]',
  ])
    assert.equal(decodeRow(table, line), undefined, line);
});

test('an engine without NaN and a second zero is given what it would make of them, or nothing', () => {
  const { sqlite, postgres } = valueLimits;
  assert.ok(sqlite !== undefined && postgres !== undefined);
  const values = ['a', null, null, Number.NaN, -0];
  assert.deepStrictEqual(fitRow(table, [...values], sqlite), ['a', null, null, null, 0]);
  assert.deepStrictEqual(fitRow(table, [...values], postgres), values);
  assert.throws(() => fitRow(table, ['a', null, null, 1, Number.NaN], sqlite), {
    code: 'VALUE_NOT_PORTABLE',
  });
  assert.throws(() => fitRow(table, ['a\0', null, null, 1, 1], postgres), { code: 'VALUE_NOT_PORTABLE' });
  const ordinary = ['a', 'b', 1, 0.5, 1];
  assert.equal(fitRow(table, ordinary, sqlite), ordinary);
});

/** Whole numbers have one zero. */
function wholeZero(value: string | number | null, index: number): string | number | null {
  return index === 2 && value === 0 ? 0 : value;
}
