import { esteiraError } from '../kernel/errors.ts';

/** What a condition or an order looks at. */
type RunField =
  | { readonly kind: 'metric' | 'param' | 'tag'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: RunAttribute };

const attributes = ['id', 'name', 'status', 'createdBy', 'startedAt', 'finishedAt'] as const;
export type RunAttribute = (typeof attributes)[number];

export interface RunCondition {
  readonly field: RunField;
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'ilike' | 'in';
  /** A number for metrics and times, a text else; a list for `in`. */
  readonly value: number | string | readonly string[];
}

export interface RunOrder {
  readonly field: RunField;
  readonly direction: 'asc' | 'desc';
}

type Token = { readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'sign'; readonly text: string };

const prefixes: Readonly<Record<string, 'metric' | 'param' | 'tag' | 'attribute'>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
};

/**
 * Parses `metrics.auc > 0.8 and params.trainer = 'gbdt' and tags."my tag" ilike '%x%' and id in ('a', 'b')`: conditions
 * joined by AND, no OR and no parentheses but those of a list. Throws RUN_FILTER_INVALID.
 */
export function parseRunFilter(text: string): readonly RunCondition[] {
  const tokens = tokenize(text);
  const conditions: RunCondition[] = [];
  let position = 0;
  while (position < tokens.length) {
    if (conditions.length > 0) {
      const joint = tokens[position];
      if (joint?.text.toLowerCase() !== 'and') throw refused(`AND is expected before "${joint?.text ?? ''}"`);
      position++;
    }
    const { field, next } = readField(tokens, position);
    const { condition, after } = readComparison(tokens, next, field);
    conditions.push(condition);
    position = after;
  }
  return conditions;
}

/** Parses `metrics.auc desc`, `name`, `startedAt asc`; ascending unless it says so. Throws RUN_FILTER_INVALID. */
export function parseRunOrder(text: string): RunOrder {
  const tokens = tokenize(text);
  const { field, next } = readField(tokens, 0);
  const direction = tokens[next]?.text.toLowerCase() ?? 'asc';
  if (direction !== 'asc' && direction !== 'desc')
    throw refused(`an order ends in asc or desc, not "${direction}"`);
  if (tokens.length > next + 1) throw refused('an order names one field');
  return { field, direction };
}

function tokenize(text: string): Token[] {
  const pattern =
    /\s+|'((?:[^']|'')*)'|"([^"]*)"|`([^`]*)`|(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(?![\w.])|(!=|<=|>=|=|<|>|\(|\)|,|\.)|([\w/-]+)/giy;
  const tokens: Token[] = [];
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) throw refused(`"${text.slice(start, start + 20)}" is not understood`);
    const [, literal, doubleQuoted, backQuoted, number, sign, word] = match;
    const quoted = doubleQuoted ?? backQuoted;
    if (literal !== undefined) tokens.push({ kind: 'text', text: literal.replaceAll("''", "'") });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
  }
  return tokens;
}

function readField(tokens: readonly Token[], position: number): { field: RunField; next: number } {
  const first = tokens[position];
  if (first === undefined || (first.kind !== 'word' && first.kind !== 'quoted')) {
    throw refused(first === undefined ? 'a condition is missing' : `"${first.text}" is not a field`);
  }
  if (tokens[position + 1]?.text !== '.' || first.kind === 'quoted') {
    return { field: attributeField(first.text), next: position + 1 };
  }
  const kind = prefixes[first.text.toLowerCase()];
  if (kind === undefined) throw refused(`"${first.text}" is not one of metrics, params, tags, attributes`);
  let next = position + 2;
  let name = '';
  // Names may hold dots and digits: metrics.val.auc, metrics.p99.
  while (true) {
    const part = tokens[next];
    if (part === undefined || part.kind === 'sign' || part.kind === 'text')
      throw refused(`a name is missing after "${first.text}."`);
    name += part.text;
    next++;
    if (tokens[next]?.text !== '.' || part.kind === 'quoted') break;
    name += '.';
    next++;
  }
  return { field: kind === 'attribute' ? attributeField(name) : { kind, name }, next };
}

function attributeField(name: string): RunField {
  const known = attributes.find(
    (attribute) => attribute.toLowerCase() === name.replaceAll('_', '').toLowerCase(),
  );
  if (known === undefined) throw refused(`"${name}" is not an attribute; there are ${attributes.join(', ')}`);
  return { kind: 'attribute', name: known };
}

function readComparison(
  tokens: readonly Token[],
  position: number,
  field: RunField,
): { condition: RunCondition; after: number } {
  const operator = tokens[position]?.text.toLowerCase();
  const value = tokens[position + 1];
  const name = field.kind === 'attribute' ? field.name : `${field.kind}s.${field.name}`;
  if (operator === 'in') return readList(tokens, position + 1, field);
  if (operator === undefined || value === undefined)
    throw refused(`the comparison of ${name} is not complete`);
  if (isNumeric(field)) {
    if (!isComparison(operator)) throw refused(`${name} is compared by = != < <= > >=, not "${operator}"`);
    if (value.kind !== 'number') throw refused(`${name} is compared with a number, not "${value.text}"`);
    return { condition: { field, operator, value: Number(value.text) }, after: position + 2 };
  }
  if (operator !== '=' && operator !== '!=' && operator !== 'ilike') {
    throw refused(`${name} is compared by = != ilike in, not "${operator}"`);
  }
  if (value.kind !== 'text' && value.kind !== 'quoted')
    throw refused(`${name} is compared with a text in quotes`);
  return { condition: { field, operator, value: value.text }, after: position + 2 };
}

function readList(
  tokens: readonly Token[],
  position: number,
  field: RunField,
): { condition: RunCondition; after: number } {
  if (isNumeric(field)) throw refused('in compares texts only');
  if (tokens[position]?.text !== '(') throw refused('a list stands in parentheses');
  const values: string[] = [];
  let next = position + 1;
  while (true) {
    const value = tokens[next];
    const separator = tokens[next + 1]?.text;
    if (value === undefined || (value.kind !== 'text' && value.kind !== 'quoted'))
      throw refused('a list holds texts in quotes');
    values.push(value.text);
    next += 2;
    if (separator === ')') return { condition: { field, operator: 'in', value: values }, after: next };
    if (separator !== ',') throw refused('the values of a list are separated by commas');
  }
}

function isNumeric(field: RunField): boolean {
  return (
    field.kind === 'metric' ||
    (field.kind === 'attribute' && (field.name === 'startedAt' || field.name === 'finishedAt'))
  );
}

function isComparison(operator: string): operator is '=' | '!=' | '<' | '<=' | '>' | '>=' {
  return ['=', '!=', '<', '<=', '>', '>='].includes(operator);
}

function refused(problem: string): Error {
  return esteiraError('RUN_FILTER_INVALID', { problem });
}
