import {
  type FilterGrammar,
  type FilterOperator,
  numberOperators,
  parseFilter,
  parseOrder,
  patternOperators,
} from '@esteira/contracts';
import type {
  ModelColumn,
  RegistryCondition,
  RegistryOrder,
  VersionColumn,
} from '../../../registry/index.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { promptTag } from './prompt-tag.ts';

type Field<Column extends string> = RegistryCondition<Column>['field'];

/** What a filter of the registry looks for. */
interface RegistryFilter<Column extends string> {
  readonly kind: 'model' | 'prompt';
  readonly conditions: readonly RegistryCondition<Column>[];
}

const listOperators: readonly FilterOperator[] = [...patternOperators, 'in', 'not in'];

interface Attribute<Column extends string> {
  readonly column: Column;
  readonly type: 'text' | 'number';
  readonly operators: readonly FilterOperator[];
}

const modelAttributes: Readonly<Record<string, Attribute<ModelColumn>>> = {
  name: { column: 'name', type: 'text', operators: listOperators },
};

const versionAttributes: Readonly<Record<string, Attribute<VersionColumn>>> = {
  name: { column: 'model', type: 'text', operators: listOperators },
  run_id: { column: 'runId', type: 'text', operators: listOperators },
  source_path: { column: 'source', type: 'text', operators: patternOperators },
  version_number: { column: 'version', type: 'number', operators: numberOperators },
};

const modelOrders: Readonly<Record<string, ModelColumn>> = {
  name: 'name',
  timestamp: 'updatedAt',
  last_updated_timestamp: 'updatedAt',
  creation_timestamp: 'createdAt',
};

const versionOrders: Readonly<Record<string, VersionColumn>> = {
  name: 'model',
  version_number: 'version',
  creation_timestamp: 'createdAt',
  last_updated_timestamp: 'updatedAt',
};

export function readModelFilter(text: string): RegistryFilter<ModelColumn> {
  return byKind(parseFilter(text, grammarOf(modelAttributes)));
}

export function readVersionFilter(text: string): RegistryFilter<VersionColumn> {
  return byKind(parseFilter(text, grammarOf(versionAttributes)));
}

/** By name unless it says otherwise. */
export function readModelOrder(texts: readonly string[]): readonly RegistryOrder<ModelColumn>[] {
  return readOrder(texts, modelOrders);
}

/** The newest first unless it says otherwise. */
export function readVersionOrder(texts: readonly string[]): readonly RegistryOrder<VersionColumn>[] {
  if (texts.length === 0) return [{ column: 'updatedAt', direction: 'desc' }];
  return readOrder(texts, versionOrders);
}

/**
 * Prompts are found by whoever asks for them, and by nobody else. Models do not have the mark of a prompt, and still are
 * found by those who ask for what has another value there: the one condition that a tag which is not there meets.
 */
function byKind<Column extends string>(parsed: readonly RegistryCondition<Column>[]): RegistryFilter<Column> {
  const isMark = ({ field }: RegistryCondition<Column>): boolean => 'tag' in field && field.tag === promptTag;
  const mark = parsed.find(isMark);
  const value = String(mark?.value).toLowerCase();
  const prompts =
    (mark?.operator === '=' && value === 'true') || (mark?.operator === '!=' && value === 'false');
  return {
    kind: prompts ? 'prompt' : 'model',
    conditions: parsed.filter((condition) => !isMark(condition)),
  };
}

function grammarOf<Column extends string>(
  attributes: Readonly<Record<string, Attribute<Column>>>,
): FilterGrammar<Field<Column>> {
  return {
    field(name, prefix) {
      if (prefix === 'tag' || prefix === 'tags')
        return { field: { tag: name }, type: 'text', operators: patternOperators };
      if (prefix !== undefined && prefix !== 'attribute')
        return `Invalid entity type '${prefix}'. Valid entity types are ('attribute', 'tag', 'tags')`;
      const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (attribute === undefined) return invalidAttribute(name, attributes);
      const { column, type, operators } = attribute;
      return { field: { column }, type, operators };
    },
    refuse: (problem) => invalidParameter(`Invalid filter string: ${problem}.`),
  };
}

function readOrder<Column extends string>(
  texts: readonly string[],
  columns: Readonly<Record<string, Column>>,
): readonly RegistryOrder<Column>[] {
  const grammar: FilterGrammar<Column> = {
    field(name, prefix) {
      const column = Object.hasOwn(columns, name) ? columns[name] : undefined;
      if (column === undefined || (prefix !== undefined && prefix !== 'attribute'))
        return `Invalid order by key '${prefix === undefined ? name : `${prefix}.${name}`}' specified. Valid keys are ${quoted(columns)}`;
      return { field: column, type: 'text', operators: [] };
    },
    refuse: (problem) => invalidParameter(`Invalid order_by clause: ${problem}.`),
  };
  const order = texts.map((text) => {
    const { field, direction } = parseOrder(text, grammar);
    return { column: field, direction };
  });
  if (new Set(order.map(({ column }) => column)).size < order.length)
    throw invalidParameter('`order_by` contains duplicate fields.');
  return order;
}

function invalidAttribute(name: string, attributes: Readonly<Record<string, unknown>>): string {
  return `Invalid attribute key '${name}' specified. Valid keys are ${quoted(attributes)}`;
}

function quoted(names: Readonly<Record<string, unknown>>): string {
  return `{${Object.keys(names)
    .map((name) => `'${name}'`)
    .join(', ')}}`;
}
