import {
  type FilterField,
  type FilterGrammar,
  type FilterOperator,
  numberOperators,
  parseFilter,
  parseOrder,
} from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import type { TraceAttribute, TraceCondition, TraceField, TraceOrder } from './trace-condition.ts';

const attributes = [
  'id',
  'requestedAt',
  'durationMs',
  'endedAt',
  'state',
  'name',
  'clientRequestId',
] as const satisfies readonly TraceAttribute[];
const numbers: readonly string[] = ['requestedAt', 'durationMs', 'endedAt'];

const textOperators: readonly FilterOperator[] = ['=', '!=', 'like', 'ilike', 'rlike', 'in', 'not in'];
const entryOperators: readonly FilterOperator[] = [
  '=',
  '!=',
  'like',
  'ilike',
  'rlike',
  'is null',
  'is not null',
];
const assessmentOperators: readonly FilterOperator[] = [...entryOperators, '<', '<=', '>', '>='];

const grammar: FilterGrammar<TraceField> = {
  field(name, prefix) {
    if (prefix === 'tags' || prefix === 'tag')
      return { field: { kind: 'tag', name }, type: 'text', operators: entryOperators };
    if (prefix === 'metadata')
      return { field: { kind: 'metadata', name }, type: 'text', operators: entryOperators };
    if (prefix === 'feedback' || prefix === 'expectation')
      return { field: { kind: prefix, name }, type: 'by-operator', operators: assessmentOperators };
    if (prefix === 'span') return spanField(name);
    if (prefix !== undefined) return `"${prefix}" is not one of tags, metadata, span, feedback, expectation`;
    if (name === 'run') return { field: { kind: 'run' }, type: 'text', operators: ['='] };
    const known = attributes.find((attribute) => attribute === name);
    if (known === undefined) return `"${name}" is not a field; there are run, ${attributes.join(', ')}`;
    const isNumber = numbers.includes(known);
    return {
      field: { kind: 'attribute', name: known },
      type: isNumber ? 'number' : 'text',
      operators: isNumber ? numberOperators : textOperators,
    };
  },
  refuse: (problem) => esteiraError('TRACE_FILTER_INVALID', { problem }),
};

function spanField(name: string): FilterField<TraceField> | string {
  if (name.startsWith('attributes.')) {
    const field = { kind: 'span-attribute', name: name.slice('attributes.'.length) } as const;
    return { field, type: 'text', operators: textOperators };
  }
  if (name === 'content')
    return { field: { kind: 'span', name }, type: 'text', operators: ['like', 'ilike'] };
  if (name === 'name' || name === 'type' || name === 'status')
    return { field: { kind: 'span', name }, type: 'text', operators: textOperators };
  return `"${name}" of a span cannot be searched; there are name, type, status, content and attributes.<key>`;
}

/** Parses the conditions of a search over traces. Throws TRACE_FILTER_INVALID. */
export function parseTraceFilter(text: string): readonly TraceCondition[] {
  return parseFilter(text, grammar);
}

/** Parses `durationMs desc`, `tags.env`; ascending unless it says so. Throws TRACE_FILTER_INVALID. */
export function parseTraceOrder(text: string): TraceOrder {
  const { field, direction } = parseOrder(text, grammar);
  if (field.kind === 'attribute' || field.kind === 'run') return { field, direction };
  if (field.kind === 'tag' || field.kind === 'metadata')
    return { field: { kind: field.kind, name: field.name }, direction };
  throw esteiraError('TRACE_FILTER_INVALID', { problem: 'traces are not ordered by spans or assessments' });
}
