import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FilterGrammar, type FilterOperator, parseFilter, parseOrder } from './parse-filter.ts';

const texts: readonly FilterOperator[] = [
  '=',
  '!=',
  'like',
  'ilike',
  'in',
  'not in',
  'is null',
  'is not null',
];
const numbers: readonly FilterOperator[] = ['=', '!=', '<', '<=', '>', '>='];

const grammar: FilterGrammar<string> = {
  field(name, prefix) {
    if (prefix === 'metrics') return { field: `metric ${name}`, type: 'number', operators: numbers };
    if (prefix === 'tags') return { field: `tag ${name}`, type: 'text', operators: texts };
    if (prefix === undefined && name === 'name') return { field: 'name', type: 'text', operators: texts };
    return `there is no ${prefix ?? ''} ${name}`;
  },
  refuse: (problem) => new Error(problem),
};

const parsed = (text: string) =>
  parseFilter(text, grammar).map(({ field, operator, value }) => [field, operator, value]);

test('conditions are joined by AND, in any case, and none is needed', () => {
  assert.deepEqual(parsed(''), []);
  assert.deepEqual(parsed("metrics.acc >= 0.5 AND tags.team = 'a' and name ILIKE '%x%'"), [
    ['metric acc', '>=', 0.5],
    ['tag team', '=', 'a'],
    ['name', 'ilike', '%x%'],
  ]);
});

test('names hold dots, slashes and numbers, and anything in quotes', () => {
  assert.deepEqual(parsed('metrics.val.p99.9 < 1e-3'), [['metric val.p99.9', '<', 0.001]]);
  assert.deepEqual(parsed('metrics.val/loss < -.5'), [['metric val/loss', '<', -0.5]]);
  assert.deepEqual(parsed('metrics.`a = b` = 1 and metrics."c d" = 2'), [
    ['metric a = b', '=', 1],
    ['metric c d', '=', 2],
  ]);
  assert.deepEqual(parsed('tags.é中 = "ü"'), [['tag é中', '=', 'ü']]);
});

test('texts hold quotes of the other kind, and their own twice', () => {
  assert.deepEqual(parsed(`tags.a = "O'Neil" and tags.b = 'O''Neil'`), [
    ['tag a', '=', "O'Neil"],
    ['tag b', '=', "O'Neil"],
  ]);
});

test('lists and absence have operators of their own', () => {
  assert.deepEqual(
    parsed("name in ('a', 'b') and name not in ('c',) and tags.x is null and tags.y IS NOT NULL"),
    [
      ['name', 'in', ['a', 'b']],
      ['name', 'not in', ['c']],
      ['tag x', 'is null', null],
      ['tag y', 'is not null', null],
    ],
  );
});

for (const bad of [
  "tags.a = 'a' or tags.b = 'b'",
  "tags.a = 'a' and",
  "and tags.a = 'a'",
  "tags.a = 'a' tags.b = 'b'",
  'tags.a = 5',
  "metrics.a = 'x'",
  "metrics.a like '0%'",
  'metrics.a =',
  'metrics. = 1',
  "'a' = tags.a",
  'unknown.a = 1',
  'nothing = 1',
  "name in 'a'",
  'name in (',
  "name in ('a' 'b')",
  'name in ()',
  "(tags.a = 'a')",
  "tags.a = 'a",
  'metrics.a > 1; drop table runs',
])
  test(`refused: ${bad}`, () => {
    assert.throws(() => parsed(bad));
  });

test('an order names one field and a direction', () => {
  assert.deepEqual(parseOrder('metrics.`a b` DESC', grammar), { field: 'metric a b', direction: 'desc' });
  assert.deepEqual(parseOrder('name', grammar), { field: 'name', direction: 'asc' });
  for (const bad of ['', 'metrics.a SIDEWAYS', 'metrics.a desc name', 'nope', '5'])
    assert.throws(() => parseOrder(bad, grammar), bad);
});

test('whatever a filter is, it is parsed or refused, and what is parsed is told back unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
      try {
        parseFilter(text, grammar);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
  );
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((part) => !part.includes('`'));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string({ maxLength: 20 })), { maxLength: 5 }), (pairs) => {
      const text = pairs
        .map(([key, value]) => `tags.\`${key}\` = '${value.replaceAll("'", "''")}'`)
        .join(' AND ');
      assert.deepEqual(
        parsed(text),
        pairs.map(([key, value]) => [`tag ${key}`, '=', value]),
      );
    }),
  );
});
