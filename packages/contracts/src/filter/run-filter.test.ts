import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FilterFault, parseFilter } from './parse-filter.ts';
import { filterText, type RunField, runFieldText, runGrammar } from './run-filter.ts';

class Refusal extends Error {
  readonly fault: FilterFault<RunField>;
  constructor(problem: string, fault: FilterFault<RunField>) {
    super(problem);
    this.fault = fault;
  }
}
const grammar = runGrammar((problem, fault) => new Refusal(problem, fault));

function faultOf(text: string): FilterFault<RunField> {
  try {
    parseFilter(text, grammar);
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.fault;
  }
  throw new assert.AssertionError({ message: `${text} is no fault` });
}

for (const [text, marked, expected, from] of [
  ["metrics.auc > 'x'", "'x'", 'value', 14],
  ['metrics.auc >', '', 'value', 13],
  ["name = 'a' or name = 'b'", 'or', 'joint', 11],
  ["colour = 'red'", 'colour', 'field', 0],
  ['metrics.', '', 'name', 8],
  ['metrics.val.', '', 'name', 8],
  ['tags.x is n', 'is', 'operator', 7],
  ["name in 'a'", "'a'", 'list', 8],
  ["name in ('a', 5)", '5', 'value', 14],
  ["name = 'a", "'a", 'end', 7],
] as const)
  test(`the place of the fault is known: ${text}`, () => {
    const fault = faultOf(text);
    assert.deepEqual(
      [text.slice(fault.start, fault.end), fault.expected, fault.from],
      [marked, expected, from],
    );
  });

test('a fault within a comparison says what is compared', () => {
  const fault = faultOf("params.depth = '3' and params.trainer =");
  assert.deepEqual([fault.found?.field, fault.operator], [{ kind: 'param', name: 'trainer' }, '=']);
});

test('a field and a text that are written out are read as they were', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('metric', 'param', 'tag'),
      fc.string({ minLength: 1, maxLength: 30 }).filter((name) => !name.includes('`') || !name.includes('"')),
      fc.string({ maxLength: 30 }),
      (kind, name, value) => {
        const compared = kind === 'metric' ? '5' : filterText(value);
        assert.deepEqual(parseFilter(`${runFieldText({ kind, name })} = ${compared}`, grammar), [
          { field: { kind, name }, operator: '=', value: kind === 'metric' ? 5 : value },
        ]);
      },
    ),
  );
});

test('names that every object has are no prefixes', () => {
  assert.equal(faultOf('constructor.x = 1').expected, 'field');
});
