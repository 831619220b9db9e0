import {
  type FilterField,
  type FilterGrammar,
  type FilterOperator,
  numberOperators,
  parseFilter,
  parseOrder,
  spanField,
  type TraceField,
} from '@esteira/contracts';
import type { TraceCondition, TraceOrder } from '../../../llm/index.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { nameTag } from './trace-message.ts';

const textOperators: readonly FilterOperator[] = ['=', '!=', 'in', 'not in', 'like', 'ilike', 'rlike'];
const entryOperators: readonly FilterOperator[] = [
  '=',
  '!=',
  'like',
  'ilike',
  'rlike',
  'is null',
  'is not null',
];
const nameOperators: readonly FilterOperator[] = [...entryOperators, 'in', 'not in'];
const assessmentOperators: readonly FilterOperator[] = [...entryOperators, '<', '<=', '>', '>='];

const numberAttributes: Readonly<Record<string, 'requestedAt' | 'durationMs' | 'endedAt'>> = {
  timestamp: 'requestedAt',
  timestamp_ms: 'requestedAt',
  execution_time: 'durationMs',
  execution_time_ms: 'durationMs',
  end_time: 'endedAt',
  end_time_ms: 'endedAt',
};
const textAttributes: Readonly<Record<string, 'id' | 'state' | 'clientRequestId'>> = {
  request_id: 'id',
  status: 'state',
  client_request_id: 'clientRequestId',
};
const attributePrefixes: readonly (string | undefined)[] = [undefined, 'attribute', 'attributes', 'trace'];

/** The filters of MLflow over traces. */
const filters: FilterGrammar<TraceField> = {
  field(name, prefix) {
    if (attributePrefixes.includes(prefix)) return attributeField(name);
    if (prefix === 'tag' || prefix === 'tags') return tagField(name);
    if (prefix === 'metadata' || prefix === 'request_metadata')
      return name === 'mlflow.sourceRun'
        ? { field: { kind: 'run' }, type: 'text', operators: entryOperators }
        : { field: { kind: 'metadata', name }, type: 'text', operators: entryOperators };
    if (prefix === 'span')
      return (
        spanField(name, textOperators) ??
        `Invalid span attribute '${name}'. Supported attributes: name, status, type, attributes.<attribute_name>`
      );
    if (prefix === 'feedback' || prefix === 'expectation')
      return { field: { kind: prefix, name }, type: 'by-operator', operators: assessmentOperators };
    if (prefix === 'issue')
      return name === 'id'
        ? { field: { kind: 'issue' }, type: 'text', operators: ['='] }
        : `Invalid issue attribute '${name}'. Supported attributes: id`;
    return `Invalid entity type '${prefix}'. Valid values are tag, tags, metadata, request_metadata, attribute, attributes, trace, span, feedback, expectation, issue`;
  },
  refuse: (problem) => invalidParameter(`Invalid filter: ${problem}.`),
};

function attributeField(name: string): FilterField<TraceField> | string {
  const number = numberAttributes[name];
  if (number !== undefined)
    return { field: { kind: 'attribute', name: number }, type: 'number', operators: numberOperators };
  const text = textAttributes[name];
  if (text !== undefined)
    return { field: { kind: 'attribute', name: text }, type: 'text', operators: textOperators };
  if (name === 'name') return tagField(nameTag);
  if (name === 'run_id') return { field: { kind: 'run' }, type: 'text', operators: nameOperators };
  if (name === 'prompt') return { field: { kind: 'prompt' }, type: 'text', operators: ['='] };
  if (name === 'text')
    return { field: { kind: 'span', name: 'content' }, type: 'text', operators: ['like', 'ilike'] };
  const known = [
    ...Object.keys(numberAttributes),
    ...Object.keys(textAttributes),
    'name',
    'run_id',
    'prompt',
    'text',
  ];
  return `Invalid attribute key '${name}' specified. Valid keys are ${known.join(', ')}`;
}

function tagField(name: string): FilterField<TraceField> {
  if (name === nameTag)
    return { field: { kind: 'attribute', name: 'name' }, type: 'text', operators: nameOperators };
  if (name === 'mlflow.linkedPrompts') return { field: { kind: 'prompt' }, type: 'text', operators: ['='] };
  return { field: { kind: 'tag', name }, type: 'text', operators: entryOperators };
}

const orders: FilterGrammar<TraceOrder['field']> = {
  field(name, prefix) {
    const found = filters.field(name, prefix);
    if (name === 'experiment_id' && attributePrefixes.includes(prefix))
      return { field: { kind: 'attribute', name: 'experiment' }, type: 'text', operators: ['='] };
    if (typeof found === 'string') return found;
    const { field } = found;
    if (field.kind === 'attribute' || field.kind === 'run') return { ...found, field };
    if (field.kind === 'tag' || field.kind === 'metadata')
      return { ...found, field: { kind: field.kind, name: field.name } };
    return `Invalid order_by entity '${prefix ?? name}'`;
  },
  refuse: (problem) => invalidParameter(`Invalid order_by: ${problem}.`),
};

/** Throws INVALID_PARAMETER_VALUE. */
export function parseTraceFilters(text: string | undefined): readonly TraceCondition[] {
  const conditions = parseFilter(text ?? '', filters);
  for (const { field, value } of conditions)
    if (field.kind === 'prompt' && !/^[^/]+\/[^/]+$/.test(String(value)))
      throw invalidParameter(
        `Invalid prompts filter value '${value}'. Expected format: prompt = "name/version"`,
      );
  return conditions;
}

/** Throws INVALID_PARAMETER_VALUE, also when one field stands twice. */
export function parseTraceOrders(texts: readonly string[]): readonly TraceOrder[] {
  const parsed = texts.map((text) => parseOrder(text, orders));
  const distinct = new Set(parsed.map(({ field }) => JSON.stringify(field)));
  if (distinct.size < parsed.length)
    throw invalidParameter(`\`order_by\` contains duplicate fields: ${texts.join(', ')}`);
  return parsed;
}
