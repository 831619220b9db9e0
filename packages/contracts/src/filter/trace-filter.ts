import { numberOperators, patternOperators } from './filter-operators.ts';
import type { FilterFault, FilterField, FilterGrammar, FilterOperator } from './parse-filter.ts';

/** What every trace has of its own, under the names that a filter knows; `durationMs` is in milliseconds. */
export const traceAttributes = [
  'id',
  'requestedAt',
  'durationMs',
  'endedAt',
  'state',
  'name',
  'clientRequestId',
] as const;
/** The last stands in filters of MLflow's clients alone. */
export type TraceAttribute = (typeof traceAttributes)[number] | 'experiment';

/** What a condition or an order over traces looks at. */
export type TraceField =
  | { readonly kind: 'attribute'; readonly name: TraceAttribute }
  | { readonly kind: 'tag' | 'metadata' | 'feedback' | 'expectation'; readonly name: string }
  /** The run a trace was made in, or was linked to afterwards. */
  | { readonly kind: 'run' }
  /** A version of a prompt, as `name/version`. */
  | { readonly kind: 'prompt' }
  /** What was found to go wrong, by its id. */
  | { readonly kind: 'issue' }
  /** One span satisfies all conditions of these kinds. `content` is its whole text. */
  | { readonly kind: 'span'; readonly name: 'name' | 'type' | 'status' | 'content' }
  | { readonly kind: 'span-attribute'; readonly name: string };

const numbers: ReadonlySet<TraceAttribute> = new Set(['requestedAt', 'durationMs', 'endedAt']);
const textOperators: readonly FilterOperator[] = [...patternOperators, 'rlike', 'in', 'not in'];
const entryOperators: readonly FilterOperator[] = [...patternOperators, 'rlike', 'is null', 'is not null'];
const assessmentOperators: readonly FilterOperator[] = [...entryOperators, '<', '<=', '>', '>='];

/** The filter language of traces: the server refuses by its error table, the page marks the place. */
export function traceGrammar(
  refuse: (problem: string, fault: FilterFault<TraceField>) => Error,
): FilterGrammar<TraceField> {
  return { field: traceField, refuse };
}

const traceField: FilterGrammar<TraceField>['field'] = (name, prefix) => {
  if (prefix === 'tags' || prefix === 'tag')
    return { field: { kind: 'tag', name }, type: 'text', operators: entryOperators };
  if (prefix === 'metadata')
    return { field: { kind: 'metadata', name }, type: 'text', operators: entryOperators };
  if (prefix === 'feedback' || prefix === 'expectation')
    return { field: { kind: prefix, name }, type: 'by-operator', operators: assessmentOperators };
  if (prefix === 'span')
    return (
      spanField(name, textOperators) ??
      `"${name}" of a span cannot be searched; there are name, type, status, content and attributes.<key>`
    );
  if (prefix !== undefined) return `"${prefix}" is not one of tags, metadata, span, feedback, expectation`;
  if (name === 'run' || name === 'issue') return { field: { kind: name }, type: 'text', operators: ['='] };
  const known = traceAttributes.find((attribute) => attribute === name);
  if (known === undefined)
    return `"${name}" is not a field; there are run, issue, ${traceAttributes.join(', ')}`;
  const isNumber = numbers.has(known);
  return {
    field: { kind: 'attribute', name: known },
    type: isNumber ? 'number' : 'text',
    operators: isNumber ? numberOperators : textOperators,
  };
};

/** What can be searched of spans in every language of filters, with the operators that one has for texts; undefined for anything else. */
export function spanField(
  name: string,
  operators: readonly FilterOperator[],
): FilterField<TraceField> | undefined {
  if (name.startsWith('attributes.')) {
    const field = { kind: 'span-attribute', name: name.slice('attributes.'.length) } as const;
    return { field, type: 'text', operators };
  }
  if (name === 'content')
    return { field: { kind: 'span', name }, type: 'text', operators: ['like', 'ilike'] };
  if (name === 'name' || name === 'type' || name === 'status')
    return { field: { kind: 'span', name }, type: 'text', operators };
  return undefined;
}
