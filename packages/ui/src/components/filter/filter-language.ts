import { type FilterFault, type FilterGrammar, type FilterOperator, parseFilter } from '@esteira/contracts';

/** A filter as the page knows it: what may be said in it, and the words there are to say. */
export interface FilterLanguage<Field> {
  grammar(refuse: FilterGrammar<Field>['refuse']): FilterGrammar<Field>;
  /** Fields that can be named, as filters write them; `prefix` is what stands before the dot already, if it does. */
  fields(prefix: string | undefined): readonly FilterWord[];
  /** Values a field is known to have, as texts or numbers; asked for as somebody types. */
  values(field: Field, typed: string, signal: AbortSignal): Promise<readonly FilterWord[]>;
}

export interface FilterWord {
  /** As it stands in the filter. */
  readonly text: string;
  /** What it is, or how often it occurs. */
  readonly hint?: string;
}

/** What a filter is refused for, and where. */
export interface FilterProblem<Field> {
  readonly text: string;
  readonly fault: FilterFault<Field>;
}

/** What is wrong with a filter; nothing where it can be sent. */
export function checkFilter<Field>(
  text: string,
  language: Pick<FilterLanguage<Field>, 'grammar'>,
): FilterProblem<Field> | undefined {
  let problem: FilterProblem<Field> | undefined;
  const refuse: FilterGrammar<Field>['refuse'] = (words, fault) => {
    problem = { text: words, fault };
    return new Error(words);
  };
  try {
    parseFilter(text, language.grammar(refuse));
  } catch (error) {
    if (problem === undefined) throw error;
  }
  return problem;
}

/** What may stand at the caret. */
export type FilterPlace<Field> = {
  /** The characters that a completion takes the place of. */
  readonly from: number;
  readonly to: number;
  readonly typed: string;
} & (
  | { readonly expected: 'field' | 'name'; readonly prefix?: string }
  | { readonly expected: 'operator'; readonly operators: readonly FilterOperator[] }
  | { readonly expected: 'value'; readonly field: Field; readonly isNumber: boolean }
  | { readonly expected: 'joint' }
);
