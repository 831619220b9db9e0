import { type FilterGrammar, parseFilter } from '@esteira/contracts';
import type { TraceCondition, TraceMetricQuery } from '../../../llm/index.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { nameTag } from './trace-message.ts';

type Own = TraceMetricQuery['ownConditions'][number];

type MetricField =
  | { readonly of: 'trace'; readonly field: TraceCondition['field'] }
  | { readonly of: 'SPANS' | 'ASSESSMENTS'; readonly column: Own['column'] };

const operators = ['='] as const;

const grammar: FilterGrammar<MetricField> = {
  field(name, prefix) {
    const text = (field: MetricField) => ({ field, type: 'text', operators }) as const;
    const found = prefix === 'trace' ? traceField(name) : ownField(name, prefix);
    return typeof found === 'string' ? found : text(found);
  },
  refuse: (problem) => invalidParameter(`Invalid filter: ${problem}.`),
};

function traceField(name: string): MetricField | string {
  if (name === 'status') return { of: 'trace', field: { kind: 'attribute', name: 'state' } };
  const [, entity, key] = /^(tag|metadata)\.(.+)$/s.exec(name) ?? [];
  if (entity === undefined || key === undefined)
    return `Invalid entity '${name}' specified for view type 'trace'. Valid entities are status, tag.<key>, metadata.<key>`;
  if (entity === 'tag')
    return {
      of: 'trace',
      field: key === nameTag ? { kind: 'attribute', name: 'name' } : { kind: 'tag', name: key },
    };
  return {
    of: 'trace',
    field: key === 'mlflow.sourceRun' ? { kind: 'run' } : { kind: 'metadata', name: key },
  };
}

function ownField(name: string, prefix: string | undefined): MetricField | string {
  if (prefix === 'span' && (name === 'name' || name === 'status' || name === 'type'))
    return { of: 'SPANS', column: name };
  if (prefix === 'assessment' && name === 'name') return { of: 'ASSESSMENTS', column: 'name' };
  if (prefix === 'assessment' && name === 'type') return { of: 'ASSESSMENTS', column: 'kind' };
  return `Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>', not '${prefix}.${name}'`;
}

/** Each text is one condition, and all must hold. Throws INVALID_PARAMETER_VALUE. */
export function parseMetricFilters(
  texts: readonly string[],
  view: 'TRACES' | 'SPANS' | 'ASSESSMENTS',
): { readonly conditions: readonly TraceCondition[]; readonly own: readonly Own[] } {
  const conditions: TraceCondition[] = [];
  const own: Own[] = [];
  for (const text of texts) {
    const [condition, second] = parseFilter(text, grammar);
    if (condition === undefined || second !== undefined)
      throw invalidParameter(`Invalid filter: '${text}'. Expected one filter clause.`);
    const { field, operator, value } = condition;
    if (field.of === 'trace') conditions.push({ field: field.field, operator, value });
    else if (field.of !== view)
      throw invalidParameter(`Filtering by ${field.of} is only supported for that view type, got ${view}`);
    else own.push({ column: field.column, value: String(value) });
  }
  return { conditions, own };
}
