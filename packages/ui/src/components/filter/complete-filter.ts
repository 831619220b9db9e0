import { type FilterToken, readFilterTokens } from '@esteira/contracts';
import { checkFilter, type FilterLanguage, type FilterPlace, type FilterWord } from './filter-language.ts';

const mostShown = 50;

/** What may stand at the caret of a filter; nothing where the filter went wrong before it. */
export function placeAt<Field>(
  text: string,
  caret: number,
  language: Pick<FilterLanguage<Field>, 'grammar'>,
): FilterPlace<Field> | undefined {
  const begins = beginningOfWord(text.slice(0, caret));
  const before = text.slice(0, begins);
  const to = endOfWord(text, caret);
  const place = (from: number) => ({ from, to, typed: text.slice(from, caret) });
  const problem = checkFilter(before, language);
  if (problem === undefined) return { ...place(begins), expected: before.trim() === '' ? 'field' : 'joint' };
  const { fault } = problem;
  const isAtEnd = fault.start >= before.trimEnd().length;
  if (fault.expected === 'operator' && fault.found !== undefined) {
    // `is not nu`: operators of several words begin before the word at the caret.
    const isBegun = /^[a-z]+(\s+[a-z]+)?\s+$/i.test(before.slice(fault.from));
    if (!isAtEnd && !isBegun) return undefined;
    return { ...place(fault.from), expected: 'operator', operators: fault.found.operators };
  }
  if (!isAtEnd) return undefined;
  if (fault.expected === 'field') return { ...place(begins), expected: 'field' };
  if (fault.expected === 'name')
    return {
      ...place(fault.from),
      expected: 'name',
      ...(fault.prefix === undefined ? {} : { prefix: fault.prefix }),
    };
  if (fault.expected === 'value' && fault.found !== undefined)
    return {
      ...place(begins),
      expected: 'value',
      field: fault.found.field,
      isNumber: fault.found.type === 'number',
    };
  return undefined;
}

/** The words that can be told without asking anybody. */
export function wordsFor<Field>(
  place: FilterPlace<Field>,
  language: Pick<FilterLanguage<Field>, 'fields'>,
): readonly FilterWord[] {
  if (place.expected === 'operator') return place.operators.map((text) => ({ text }));
  if (place.expected === 'joint') return [{ text: 'and' }];
  if (place.expected === 'value') return [];
  return language.fields(place.expected === 'name' ? place.prefix : undefined);
}

/** The words that what is typed may become, the likeliest first. What is typed already is none of them. */
export function matchingWords(words: readonly FilterWord[], typed: string): readonly FilterWord[] {
  const wanted = bare(typed);
  const ranked: { readonly word: FilterWord; readonly rank: number }[] = [];
  for (const word of words) {
    if (word.text === typed.trim()) continue;
    const text = bare(word.text);
    const name = text.slice(text.indexOf('.') + 1);
    const rank = text.startsWith(wanted) ? 0 : name.startsWith(wanted) ? 1 : text.includes(wanted) ? 2 : 3;
    if (rank < 3) ranked.push({ word, rank });
  }
  return ranked
    .toSorted((left, right) => left.rank - right.rank)
    .slice(0, mostShown)
    .map(({ word }) => word);
}

/** The filter with a word in its place, and where the caret stands then. */
export function completeFilter<Field>(
  text: string,
  place: FilterPlace<Field>,
  word: string,
): { readonly text: string; readonly caret: number } {
  const head = text.slice(0, place.from) + (needsBlank(text, place) ? ' ' : '') + word + behind(place, word);
  const rest = text.slice(place.to);
  return { text: head + (head.endsWith(' ') ? rest.trimStart() : rest), caret: head.length };
}

function behind<Field>({ expected }: FilterPlace<Field>, word: string): string {
  if (word.endsWith('.')) return '';
  return expected === 'operator' && word.endsWith('in') ? ' (' : ' ';
}

// After `x = 5` comes ` and`, not `and`.
function needsBlank<Field>(text: string, { from, expected }: FilterPlace<Field>): boolean {
  return from > 0 && expected !== 'name' && !/[\s(,]$/.test(text.slice(0, from));
}

function beginningOfWord(text: string): number {
  const { tokens, unknownAt } = readFilterTokens(text);
  if (unknownAt !== undefined) return unknownAt;
  const last = tokens.at(-1);
  return last !== undefined && last.end === text.length && !isStructure(last) ? last.start : text.length;
}

function endOfWord(text: string, caret: number): number {
  const { tokens } = readFilterTokens(text);
  const around = tokens.find(({ start, end }) => start < caret && caret < end);
  return around?.end ?? caret;
}

function isStructure({ kind, text }: FilterToken): boolean {
  return kind === 'sign' && ['.', ',', '(', ')'].includes(text);
}

/** Without the quotes in which names and texts stand, and without regard to case and blanks. */
function bare(text: string): string {
  return text.replace(/['"`]/g, '').trim().replace(/\s+/g, ' ').toLowerCase();
}
