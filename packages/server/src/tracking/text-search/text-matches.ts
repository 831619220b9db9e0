import { runFieldText } from '@esteira/contracts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { RunHead } from '../run.ts';
import { type Entry, entriesInOrder } from '../run-entry-store.ts';
import { joinWords, termsOf, wordsOf } from './words.ts';

/** Where the words of a query were found in a run. */
export interface TextMatch {
  /** As filters write it: `name`, `note`, `params.lr`. */
  readonly field: string;
  /** What stands there, around the first word found. */
  readonly snippet: string;
}

const mostMatches = 3;
const around = 40;

/** For each run the first fields in which terms of the query are found, names and notes before parameters and tags. */
export async function matchesOf(
  reader: SqlReader,
  heads: readonly RunHead[],
  query: string,
): Promise<ReadonlyMap<string, readonly TextMatch[]>> {
  const terms = termsOf(query);
  const ids = heads.map(({ id }) => id);
  const params = await entriesInOrder(reader, 'run_params', ids);
  const tags = await entriesInOrder(reader, 'run_tags', ids);
  return new Map(
    heads.map(({ id, name, note }) => {
      const fields = [
        { field: 'name', label: '', text: name },
        { field: 'note', label: '', text: note },
        ...(params.get(id) ?? []).map((entry) => fieldOf('param', entry)),
        ...(tags.get(id) ?? []).map((entry) => fieldOf('tag', entry)),
      ];
      return [id, bestMatches(fields, terms)];
    }),
  );
}

interface SearchedField {
  readonly field: string;
  /** Searched with the text, before it. */
  readonly label: string;
  readonly text: string;
}

function fieldOf(kind: 'param' | 'tag', { name, value }: Entry): SearchedField {
  return { field: runFieldText({ kind, name }), label: name, text: value };
}

/** Fields that say of a term what no field before them said; then others with one. */
function bestMatches(fields: readonly SearchedField[], terms: readonly string[]): readonly TextMatch[] {
  const unsaid = new Set(terms);
  const matches: TextMatch[] = [];
  for (const { field, label, text } of fields) {
    if (matches.length === mostMatches || unsaid.size === 0) break;
    const words = wordsOf(text);
    const searched = joinWords([...wordsOf(label), ...words]);
    const said = [...unsaid].filter((term) => searched.includes(term));
    if (said.length === 0) continue;
    for (const term of said) unsaid.delete(term);
    matches.push({ field, snippet: snippetOf(text, placeOf(words, said)) });
  }
  return matches;
}

/** Where the first of the terms begins in the text; at its beginning when it stands in the label. */
function placeOf(words: ReturnType<typeof wordsOf>, terms: readonly string[]): number {
  for (let first = 0; first < words.length; first++) {
    const rest = joinWords(words.slice(first, first + longestTerm));
    if (terms.some((term) => rest.startsWith(term))) return words[first]?.start ?? 0;
  }
  return 0;
}

const longestTerm = 20;

function snippetOf(text: string, place: number): string {
  const from = Math.max(0, place - around);
  const to = Math.min(text.length, place + 2 * around);
  return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`.replace(/\s+/g, ' ');
}
