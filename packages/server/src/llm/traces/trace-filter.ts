import { parseFilter, parseOrder, traceGrammar } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import type { TraceCondition, TraceOrder } from './trace-condition.ts';

const grammar = traceGrammar((problem) => esteiraError('TRACE_FILTER_INVALID', { problem }));

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
