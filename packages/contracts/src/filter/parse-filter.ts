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
  refuse(problem: string, fault: FilterFault<Field>): Error;
}

/** Where a filter goes wrong, and what would be right there. */
export interface FilterFault<Field> {
  /** The characters at fault; none where the filter ends too early. */
  readonly start: number;
  readonly end: number;
  readonly expected: 'field' | 'name' | 'operator' | 'value' | 'list' | 'joint' | 'end';
  /** Where that which is expected begins; what stands there may be the beginning of it. */
  readonly from: number;
  /** Before the dot, where a name is expected. */
  readonly prefix?: string;
  /** What is compared, where an operator or a value is expected. */
  readonly found?: FilterField<Field>;
  readonly operator?: FilterOperator;
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

/** The pieces of a filter, and how a fault among them is refused. */
interface Reading<Field> {
  readonly tokens: readonly FilterToken[];
  readonly grammar: FilterGrammar<Field>;
  /** The error of a fault at a piece, or at the end where there is none. */
  fault(problem: string, position: number, expected: Expected<Field>): Error;
}

type Expected<Field> = Omit<FilterFault<Field>, 'start' | 'end' | 'from'> & {
  /** Piece at which it begins; the one at fault unless given. */
  readonly begins?: number;
};

/** What is compared, while its comparison is read. */
interface Compared<Field> {
  readonly name: string;
  readonly found: FilterField<Field>;
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
  const reading = read(text, grammar);
  const { tokens } = reading;
  const conditions: FilterCondition<Field>[] = [];
  let position = 0;
  while (position < tokens.length) {
    if (conditions.length > 0) {
      const joint = tokens[position];
      if (joint?.kind !== 'word' || joint.text.toLowerCase() !== 'and')
        throw reading.fault(`AND is expected before "${joint?.text ?? ''}"`, position, { expected: 'joint' });
      position++;
    }
    const { name, found, next } = readField(reading, position);
    const { condition, after } = readComparison(reading, next, { name, found });
    conditions.push(condition);
    position = after;
  }
  return conditions;
}

/** Parses `metrics.auc DESC`, `name`, `start_time ASC`; ascending unless it says so. Throws what the grammar refuses with. */
export function parseOrder<Field>(text: string, grammar: FilterGrammar<Field>): FilterOrder<Field> {
  const reading = read(text, grammar);
  const { tokens } = reading;
  const { found, next } = readField(reading, 0);
  const direction = tokens[next]?.text.toLowerCase() ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc')
    throw reading.fault(`an order ends in ASC or DESC, not "${direction}"`, next, { expected: 'end' });
  if (tokens.length > next + 1)
    throw reading.fault('an order names one field', next + 1, { expected: 'end' });
  return { field: found.field, direction };
}

function read<Field>(text: string, grammar: FilterGrammar<Field>): Reading<Field> {
  const { tokens, unknownAt } = readFilterTokens(text);
  if (unknownAt !== undefined) {
    const place = { start: unknownAt, end: text.length, from: unknownAt };
    throw grammar.refuse(`"${text.slice(unknownAt, unknownAt + 20)}" is not understood`, {
      ...place,
      expected: 'end',
    });
  }
  return {
    tokens,
    grammar,
    fault(problem, position, { begins = position, ...expected }) {
      const token = tokens[position];
      return grammar.refuse(problem, {
        start: token?.start ?? text.length,
        end: token?.end ?? text.length,
        from: tokens[begins]?.start ?? text.length,
        ...expected,
      });
    },
  };
}

function readField<Field>(
  reading: Reading<Field>,
  position: number,
): { name: string; found: FilterField<Field>; next: number } {
  const { tokens, grammar } = reading;
  const first = tokens[position];
  if (first === undefined || (first.kind !== 'word' && first.kind !== 'quoted')) {
    const problem = first === undefined ? 'a condition is missing' : `"${first.text}" is not a field`;
    throw reading.fault(problem, position, { expected: 'field' });
  }
  const isPrefix = first.kind === 'word' && isDot(tokens[position + 1]);
  const { name, next } = isPrefix
    ? readName(reading, position + 2, first.text)
    : { name: first.text, next: position + 1 };
  const prefix = isPrefix ? first.text : undefined;
  const found = grammar.field(name, prefix);
  if (typeof found === 'string') throw reading.fault(found, position, { expected: 'field' });
  return { name: prefix === undefined ? name : `${prefix}.${name}`, found, next };
}

/** Names may hold dots and numbers: `val.auc`, `p99.9`. */
function readName<Field>(
  reading: Reading<Field>,
  position: number,
  prefix: string,
): { name: string; next: number } {
  const { tokens } = reading;
  let name = '';
  let next = position;
  for (;;) {
    const part = tokens[next];
    if (part === undefined || part.kind === 'sign' || part.kind === 'text')
      throw reading.fault(`a name is missing after "${prefix}."`, next, {
        expected: 'name',
        begins: position,
        prefix,
      });
    name += part.text;
    next++;
    if (!isDot(tokens[next])) return { name, next };
    name += '.';
    next++;
  }
}

function readComparison<Field>(
  reading: Reading<Field>,
  position: number,
  { name, found }: Compared<Field>,
): { condition: FilterCondition<Field>; after: number } {
  const { tokens } = reading;
  const { field, type, operators } = found;
  const { operator, next } = readOperator(tokens, position);
  const known = operators.find((candidate) => candidate === operator);
  if (known === undefined) {
    const offered = operators.map((candidate) => candidate.toUpperCase()).join(' ');
    throw reading.fault(`${name} is compared by ${offered}, not by "${operator}"`, position, {
      expected: 'operator',
      found,
    });
  }
  if (known === 'is null' || known === 'is not null')
    return { condition: { field, operator: known, value: null }, after: next };
  const expected = { found, operator: known } as const;
  if (known === 'in' || known === 'not in') {
    const { values, after } = readList(reading, next, expected);
    return { condition: { field, operator: known, value: values }, after };
  }
  const value = tokens[next];
  const refused = (problem: string) => reading.fault(problem, next, { expected: 'value', ...expected });
  if (value === undefined) throw refused(`the comparison of ${name} has no value`);
  if (type === 'number' || (type === 'by-operator' && isOrdering(known))) {
    if (value.kind !== 'number') throw refused(`${name} is compared with a number, not with "${value.text}"`);
    return { condition: { field, operator: known, value: Number(value.text) }, after: next + 1 };
  }
  if (value.kind !== 'text' && value.kind !== 'quoted')
    throw refused(`${name} is compared with a text in quotes, not with ${value.text}`);
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
  reading: Reading<Field>,
  position: number,
  expected: Pick<FilterFault<Field>, 'found' | 'operator'>,
): { values: readonly string[]; after: number } {
  const { tokens } = reading;
  if (!isSign(tokens[position], '('))
    throw reading.fault('a list stands in parentheses', position, { expected: 'list', ...expected });
  const values: string[] = [];
  let next = position + 1;
  for (;;) {
    const value = tokens[next];
    if (value === undefined || (value.kind !== 'text' && value.kind !== 'quoted'))
      throw reading.fault('a list holds texts in quotes', next, { expected: 'value', ...expected });
    values.push(value.text);
    const ending = isSign(tokens[next + 1], ',') && isSign(tokens[next + 2], ')') ? next + 2 : next + 1;
    if (isSign(tokens[ending], ')')) return { values, after: ending + 1 };
    if (!isSign(tokens[ending], ','))
      throw reading.fault('the values of a list are separated by commas', ending, {
        expected: 'list',
        ...expected,
      });
    next = ending + 1;
  }
}

function isDot(token: FilterToken | undefined): boolean {
  return isSign(token, '.');
}

function isSign(token: FilterToken | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text;
}
