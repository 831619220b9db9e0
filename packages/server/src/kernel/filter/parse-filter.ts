import { type FilterToken, readFilterTokens } from './filter-token.ts';

export type FilterOperator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'like'
  | 'ilike'
  | 'rlike'
  | 'in'
  | 'not in'
  | 'is null'
  | 'is not null';

/** What a filter may say about one thing: of which kind its values are, and how they are compared. */
export interface FilterField<Field> {
  readonly field: Field;
  /** `by-operator`: < <= > >= compare numbers, everything else texts. */
  readonly type: 'number' | 'text' | 'by-operator';
  readonly operators: readonly FilterOperator[];
}

/** The fields that things of one sort have. */
export interface FilterGrammar<Field> {
  /**
   * The field of a name as it was written: `prefix.name`, or a bare name without a prefix (case as given). A text tells why
   * there is none.
   */
  field(name: string, prefix: string | undefined): FilterField<Field> | string;
  /** Makes the error of a filter that is refused. */
  refuse(problem: string): Error;
}

export interface FilterCondition<Field> {
  readonly field: Field;
  readonly operator: FilterOperator;
  /** A number where the field is one, a text else, several for lists, null where nothing is compared. */
  readonly value: number | string | readonly string[] | null;
}

export interface FilterOrder<Field> {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

/**
 * Parses conditions joined by AND, without OR and without parentheses but those of a list:
 * `metrics.auc > 0.8 and params.trainer = 'gbdt' and tags."my tag" ilike '%x%' and run_id in ('a', 'b')`. Names may hold
 * dots, slashes, dashes, and anything in backticks or double quotes. Throws what the grammar refuses with.
 */
export function parseFilter<Field>(
  text: string,
  grammar: FilterGrammar<Field>,
): readonly FilterCondition<Field>[] {
  const tokens = tokensOf(text, grammar);
  const conditions: FilterCondition<Field>[] = [];
  let position = 0;
  while (position < tokens.length) {
    if (conditions.length > 0) {
      const joint = tokens[position];
      if (joint?.kind !== 'word' || joint.text.toLowerCase() !== 'and')
        throw grammar.refuse(`AND is expected before "${joint?.text ?? ''}"`);
      position++;
    }
    const { name, found, next } = readField(tokens, position, grammar);
    const { condition, after } = readComparison(tokens, next, name, found, grammar);
    conditions.push(condition);
    position = after;
  }
  return conditions;
}

/** Parses `metrics.auc DESC`, `name`, `start_time ASC`; ascending unless it says so. Throws what the grammar refuses with. */
export function parseOrder<Field>(text: string, grammar: FilterGrammar<Field>): FilterOrder<Field> {
  const tokens = tokensOf(text, grammar);
  const { found, next } = readField(tokens, 0, grammar);
  const direction = tokens[next]?.text.toLowerCase() ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc')
    throw grammar.refuse(`an order ends in ASC or DESC, not "${direction}"`);
  if (tokens.length > next + 1) throw grammar.refuse('an order names one field');
  return { field: found.field, direction };
}

function tokensOf<Field>(text: string, grammar: FilterGrammar<Field>): readonly FilterToken[] {
  const tokens = readFilterTokens(text);
  if ('unknown' in tokens) throw grammar.refuse(`"${tokens.unknown}" is not understood`);
  return tokens;
}

function readField<Field>(
  tokens: readonly FilterToken[],
  position: number,
  grammar: FilterGrammar<Field>,
): { name: string; found: FilterField<Field>; next: number } {
  const first = tokens[position];
  if (first === undefined || (first.kind !== 'word' && first.kind !== 'quoted'))
    throw grammar.refuse(first === undefined ? 'a condition is missing' : `"${first.text}" is not a field`);
  const isPrefix = first.kind === 'word' && isDot(tokens[position + 1]);
  const { name, next } = isPrefix
    ? readName(tokens, position + 2, first.text, grammar)
    : { name: first.text, next: position + 1 };
  const prefix = isPrefix ? first.text : undefined;
  const found = grammar.field(name, prefix);
  if (typeof found === 'string') throw grammar.refuse(found);
  return { name: prefix === undefined ? name : `${prefix}.${name}`, found, next };
}

/** Names may hold dots and numbers: `val.auc`, `p99.9`. */
function readName<Field>(
  tokens: readonly FilterToken[],
  position: number,
  prefix: string,
  grammar: FilterGrammar<Field>,
): { name: string; next: number } {
  let name = '';
  let next = position;
  for (;;) {
    const part = tokens[next];
    if (part === undefined || part.kind === 'sign' || part.kind === 'text')
      throw grammar.refuse(`a name is missing after "${prefix}."`);
    name += part.text;
    next++;
    if (!isDot(tokens[next])) return { name, next };
    name += '.';
    next++;
  }
}

function readComparison<Field>(
  tokens: readonly FilterToken[],
  position: number,
  name: string,
  { field, type, operators }: FilterField<Field>,
  grammar: FilterGrammar<Field>,
): { condition: FilterCondition<Field>; after: number } {
  const { operator, next } = readOperator(tokens, position);
  const known = operators.find((candidate) => candidate === operator);
  if (known === undefined) {
    const offered = operators.map((candidate) => candidate.toUpperCase()).join(' ');
    throw grammar.refuse(`${name} is compared by ${offered}, not by "${operator}"`);
  }
  if (known === 'is null' || known === 'is not null')
    return { condition: { field, operator: known, value: null }, after: next };
  if (known === 'in' || known === 'not in') {
    const { values, after } = readList(tokens, next, grammar);
    return { condition: { field, operator: known, value: values }, after };
  }
  const value = tokens[next];
  if (value === undefined) throw grammar.refuse(`the comparison of ${name} has no value`);
  if (type === 'number' || (type === 'by-operator' && isOrdering(known))) {
    if (value.kind !== 'number')
      throw grammar.refuse(`${name} is compared with a number, not with "${value.text}"`);
    return { condition: { field, operator: known, value: Number(value.text) }, after: next + 1 };
  }
  if (value.kind !== 'text' && value.kind !== 'quoted')
    throw grammar.refuse(`${name} is compared with a text in quotes, not with ${value.text}`);
  return { condition: { field, operator: known, value: value.text }, after: next + 1 };
}

function isOrdering(operator: FilterOperator): boolean {
  return operator === '<' || operator === '<=' || operator === '>' || operator === '>=';
}

function readOperator(tokens: readonly FilterToken[], position: number): { operator: string; next: number } {
  const word = (offset: number): string => {
    const token = tokens[position + offset];
    return token?.kind === 'word' ? token.text.toLowerCase() : '';
  };
  if (word(0) === 'not' && word(1) === 'in') return { operator: 'not in', next: position + 2 };
  if (word(0) === 'is' && word(1) === 'null') return { operator: 'is null', next: position + 2 };
  if (word(0) === 'is' && word(1) === 'not' && word(2) === 'null')
    return { operator: 'is not null', next: position + 3 };
  return { operator: tokens[position]?.text.toLowerCase() ?? 'nothing', next: position + 1 };
}

function readList<Field>(
  tokens: readonly FilterToken[],
  position: number,
  grammar: FilterGrammar<Field>,
): { values: readonly string[]; after: number } {
  if (!isSign(tokens[position], '(')) throw grammar.refuse('a list stands in parentheses');
  const values: string[] = [];
  let next = position + 1;
  for (;;) {
    const value = tokens[next];
    if (value === undefined || (value.kind !== 'text' && value.kind !== 'quoted'))
      throw grammar.refuse('a list holds texts in quotes');
    values.push(value.text);
    const ending = isSign(tokens[next + 1], ',') && isSign(tokens[next + 2], ')') ? next + 2 : next + 1;
    if (isSign(tokens[ending], ')')) return { values, after: ending + 1 };
    if (!isSign(tokens[ending], ',')) throw grammar.refuse('the values of a list are separated by commas');
    next = ending + 1;
  }
}

function isDot(token: FilterToken | undefined): boolean {
  return isSign(token, '.');
}

function isSign(token: FilterToken | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}
