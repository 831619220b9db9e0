import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterText, type RunField, runGrammar } from '@esteira/contracts';
import { completeFilter, matchingWords, placeAt, wordsFor } from './complete-filter.ts';
import { checkFilter, type FilterLanguage } from './filter-language.ts';

const language: FilterLanguage<RunField> = {
  grammar: runGrammar,
  fields: (prefix) =>
    prefix === undefined
      ? ['metrics.', 'status', 'name', 'metrics.val.auc', 'metrics.loss', 'tags.`my tag`'].map((text) => ({
          text,
        }))
      : ['loss', 'val.auc', 'val.loss'].map((text) => ({ text })),
  values: async () => [],
};

/** The words offered where the caret (`|`) stands. */
function offered(marked: string): readonly string[] {
  const caret = marked.indexOf('|');
  const place = placeAt(marked.replace('|', ''), caret, language);
  if (place === undefined) return [];
  return matchingWords(wordsFor(place, language), place.typed).map(({ text }) => text);
}

for (const [marked, words] of [
  ['|', ['metrics.', 'status', 'name', 'metrics.val.auc', 'metrics.loss', 'tags.`my tag`']],
  ['sta|', ['status']],
  ['los|', ['metrics.loss']],
  ['my|', ['tags.`my tag`']],
  ['metrics.|', ['loss', 'val.auc', 'val.loss']],
  ['metrics.val.l|', ['val.loss']],
  ['metrics.loss |', ['=', '!=', '<', '<=', '>', '>=']],
  ['metrics.loss >|', ['>=']],
  ['tags.x is n|', ['is null', 'is not null']],
  ['tags.x is not |', ['is not null']],
  ['tags.x no|', ['not in', 'is not null']],
  ['metrics.loss > 5 |', ['and']],
  ['metrics.loss > 5 an|', ['and']],
  ['metrics.loss > 5 and st|', ['status']],
  ["name = 'a' or sta|", []],
  ['metrics.lo| > 5', ['loss', 'val.loss']],
] as const)
  test(`at the caret of ${marked} stands what may follow`, () => {
    assert.deepEqual(offered(marked), words);
  });

test('a value is asked for by its field, also while its quote is open', () => {
  for (const text of ["params.trainer = 'gb", "params.trainer in ('a', 'gb", 'params.trainer != "gb']) {
    const place = placeAt(text, text.length, language);
    assert.equal(place?.expected, 'value', text);
    assert.deepEqual(place?.expected === 'value' && place.field, { kind: 'param', name: 'trainer' });
    assert.match(place?.typed ?? '', /gb$/);
  }
});

test('a word takes the place of what was typed, and the caret stands behind it', () => {
  const complete = (marked: string, word: string): string => {
    const text = marked.replace('|', '');
    const place = placeAt(text, marked.indexOf('|'), language);
    assert.ok(place);
    const done = completeFilter(text, place, word);
    return `${done.text.slice(0, done.caret)}|${done.text.slice(done.caret)}`;
  };
  assert.equal(complete('metrics.lo| > 5', 'loss'), 'metrics.loss |> 5');
  assert.equal(complete('met|', 'metrics.'), 'metrics.|');
  assert.equal(complete('name no|', 'not in'), 'name not in (|');
  assert.equal(complete("name = 'a|", filterText('abc')), "name = 'abc' |");
  assert.equal(complete('metrics.loss|', 'loss'), 'metrics.loss |');
  assert.equal(complete("name in ('a', |", filterText('b')), "name in ('a', 'b' |");
});

test('what can be sent has no problem, and what cannot has a place', () => {
  assert.equal(checkFilter('metrics.loss < 2', language), undefined);
  const problem = checkFilter('metrics.loss < deep', language);
  assert.equal(problem?.text, 'metrics.loss is compared with a number, not with "deep"');
  assert.deepEqual([problem?.fault.start, problem?.fault.end], [15, 19]);
});
