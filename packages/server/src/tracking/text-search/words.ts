/** A word of a text, folded, and where it stands there. */
interface Word {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The words of a text: letters and digits that stand together, without accents and in small letters (Unicode NFKD), so that
 * `Previsão` is `previsao`, and `models/resnet50.pt` is three words.
 */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  for (const { 0: found, index } of text.matchAll(/[\p{L}\p{N}\p{M}]+/gu)) {
    const word = fold(found);
    if (word !== '') words.push({ word, start: index, end: index + found.length });
  }
  return words;
}

/** Words in their order, each with a blank before it: in this form a term begins a word wherever it is found. */
export function joinWords(words: readonly Pick<Word, 'word'>[]): string {
  return words.map(({ word }) => ` ${word}`).join('');
}

/** The words of a text, joined. Most texts have nothing to be folded but capitals. */
export function foldWords(text: string): string {
  if (!isPlain.test(text)) return joinWords(wordsOf(text));
  const words = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trimEnd();
  return words === '' || words.startsWith(' ') ? words : ` ${words}`;
}

// Every character is of ASCII.
const isPlain = /^[\0-\x7f]*$/;

/**
 * What is looked for: all of the terms, each somewhere. A term is what stands between blanks, or in double quotes: words that
 * follow each other, the last of which may go on. Without a word in it, nothing is found.
 */
export function termsOf(query: string): readonly string[] {
  const terms: string[] = [];
  for (const [, quoted, plain = ''] of query.matchAll(/"([^"]*)"|(\S+)/gu)) {
    const term = joinWords(wordsOf(quoted ?? plain));
    if (term !== '' && !terms.includes(term)) terms.push(term);
  }
  return terms;
}

function fold(text: string): string {
  return (
    text
      .normalize('NFKD')
      .toLowerCase()
      // Small letters of some capitals have marks of their own.
      .normalize('NFKD')
      .replace(/[^\p{L}\p{N}]/gu, '')
      // At the end of a word sigma is another letter, and the beginning of a word is found too.
      .replaceAll('ς', 'σ')
  );
}
