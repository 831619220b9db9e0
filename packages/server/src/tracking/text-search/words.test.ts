import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { foldWords, joinWords, termsOf, wordsOf } from './words.ts';

it('words are letters and digits without accents and case', () => {
  assert.equal(
    joinWords(wordsOf('Previsão de ATRASO, models/ResNet50-v2.pt')),
    ' previsao de atraso models resnet50 v2 pt',
  );
  assert.equal(joinWords(wordsOf('e\u0301te\u0301 0.001')), ' ete 0 001');
  assert.deepEqual(wordsOf('… — /'), []);
});

it('terms stand between blanks or in quotes; what has no word is none', () => {
  assert.deepEqual(termsOf('lr=0.1 "Early  stopping" % lr=0.1'), [' lr 0 1', ' early stopping']);
  assert.deepEqual(termsOf('"" % '), []);
});

it('every word of a text is found by itself, by its beginning, and in any case', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.nat(), (text, at) => {
      const words = wordsOf(text);
      const word = words[at % Math.max(1, words.length)];
      if (word === undefined) return;
      const searched = joinWords(words);
      for (const query of [
        text.slice(word.start, word.end),
        word.word.slice(0, 1 + (at % word.word.length)),
      ]) {
        // Half of a character is none.
        for (const term of termsOf(query.toWellFormed() === query ? query : ''))
          assert.ok(searched.includes(term));
      }
    }),
  );
});

it('words of a text of ASCII are folded as those of any other', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.string({ unit: 'grapheme' })), (text) =>
      assert.equal(foldWords(text), joinWords(wordsOf(text))),
    ),
  );
});
