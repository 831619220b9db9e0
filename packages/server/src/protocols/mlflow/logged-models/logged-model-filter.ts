import {
  type FilterGrammar,
  type FilterOperator,
  numberOperators,
  parseFilter,
  patternOperators,
} from '@esteira/contracts';
import type {
  LoggedModelAttribute,
  LoggedModelCondition,
  LoggedModelField,
  LoggedModelOrder,
} from '../../../tracking/index.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';

const textOperators: readonly FilterOperator[] = [...patternOperators, 'in', 'not in'];

const attributes: Readonly<Record<string, LoggedModelAttribute>> = {
  model_id: 'id',
  name: 'name',
  model_type: 'type',
  status: 'status',
  source_run_id: 'sourceRunId',
  experiment_id: 'experimentNumber',
  creation_time: 'createdAt',
  creation_timestamp: 'createdAt',
  creation_timestamp_ms: 'createdAt',
  last_updated_timestamp: 'updatedAt',
  last_updated_timestamp_ms: 'updatedAt',
};

const times: ReadonlySet<LoggedModelAttribute> = new Set(['createdAt', 'updatedAt']);

const kinds: Readonly<Record<string, 'metric' | 'param' | 'tag' | 'attribute'>> = {
  metrics: 'metric',
  metric: 'metric',
  params: 'param',
  param: 'param',
  tags: 'tag',
  tag: 'tag',
  attributes: 'attribute',
  attribute: 'attribute',
};

const grammar: FilterGrammar<LoggedModelField> = {
  field(name, prefix) {
    const kind = prefix === undefined ? 'attribute' : kindOf(prefix);
    if (kind === undefined)
      return `Invalid entity type: '${prefix}'. Expected one of ['attributes', 'metrics', 'params', 'tags']`;
    if (kind === 'metric') return { field: { kind, name }, type: 'number', operators: numberOperators };
    if (kind !== 'attribute') return { field: { kind, name }, type: 'text', operators: textOperators };
    const attribute = attributeOf(name);
    if (attribute === undefined)
      return `Invalid attribute key '${name}'. Valid keys are ${Object.keys(attributes).join(', ')}`;
    return times.has(attribute)
      ? { field: { kind, name: attribute }, type: 'number', operators: numberOperators }
      : { field: { kind, name: attribute }, type: 'text', operators: textOperators };
  },
  refuse: (problem) => invalidParameter(`Invalid filter string: ${problem}.`),
};

/** Conditions of a search over logged models. Names of statuses are as they are on the wire, with their prefix or without. */
export function readLoggedModelFilter(text: string): readonly LoggedModelCondition[] {
  return parseFilter(text, grammar).map((condition) => {
    const { field, value } = condition;
    if (field.kind !== 'attribute' || field.name !== 'status') return condition;
    return { ...condition, value: Array.isArray(value) ? value.map(toStatus) : toStatus(String(value)) };
  });
}

/** One order: `{field_name, ascending, dataset_name, dataset_digest}`. Only metrics may have a data set. */
export function readLoggedModelOrder(fields: Fields): LoggedModelOrder {
  const name = fields.text('field_name');
  const direction = (fields.optionalFlag('ascending') ?? true) ? 'asc' : 'desc';
  const dot = name.indexOf('.');
  if (dot < 0) {
    const attribute = attributeOf(name);
    if (attribute === undefined) throw invalidParameter(`Invalid order by field name: ${name}`);
    return { field: { kind: 'attribute', name: attribute }, direction };
  }
  if (kindOf(name.slice(0, dot)) !== 'metric')
    throw invalidParameter(`Invalid order by field name: ${name}. Only metrics are supported.`);
  const on = {
    name: fields.optionalText('dataset_name') || undefined,
    digest: fields.optionalText('dataset_digest') || undefined,
  };
  return { field: { kind: 'metric', name: name.slice(dot + 1), on }, direction };
}

function kindOf(prefix: string): 'metric' | 'param' | 'tag' | 'attribute' | undefined {
  return Object.hasOwn(kinds, prefix) ? kinds[prefix] : undefined;
}

function attributeOf(name: string): LoggedModelAttribute | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

function toStatus(text: string): string {
  const plain = text.replace(/^LOGGED_MODEL_/i, '').toLowerCase();
  return plain === 'upload_failed' ? 'failed' : plain;
}
