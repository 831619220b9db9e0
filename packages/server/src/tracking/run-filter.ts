import { esteiraError } from '../kernel/errors.ts';
import { numberOperators, patternOperators } from '../kernel/filter/filter-operators.ts';
import {
  type FilterCondition,
  type FilterGrammar,
  type FilterOperator,
  type FilterOrder,
  parseFilter,
  parseOrder,
} from '../kernel/filter/parse-filter.ts';

/** What a condition or an order looks at. */
export type RunField =
  | { readonly kind: 'metric' | 'param' | 'tag'; readonly name: string }
  | { readonly kind: 'dataset'; readonly name: 'name' | 'digest' | 'context' }
  | { readonly kind: 'attribute'; readonly name: RunAttribute };

const attributes = [
  'id',
  'name',
  'status',
  'createdBy',
  'startedAt',
  'finishedAt',
  'note',
  'parentRunId',
] as const;
export type RunAttribute = (typeof attributes)[number] | 'userName' | 'artifactLocation';

export type RunCondition = FilterCondition<RunField>;
export type RunOrder = FilterOrder<RunField>;

const prefixes: Readonly<Record<string, RunField['kind']>> = {
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
  dataset: 'dataset',
  datasets: 'dataset',
};
const datasetFields = ['name', 'digest', 'context'] as const;

const textOperators: readonly FilterOperator[] = [...patternOperators, 'in', 'not in'];
const entryOperators: readonly FilterOperator[] = [...textOperators, 'is null', 'is not null'];

const runGrammar: FilterGrammar<RunField> = {
  field(name, prefix) {
    const kind = prefix === undefined ? 'attribute' : prefixes[prefix.toLowerCase()];
    if (kind === undefined) return `"${prefix}" is not one of metrics, params, tags, attributes, datasets`;
    if (kind === 'dataset') {
      const known = datasetFields.find((field) => field === name);
      if (known === undefined) return `"${name}" is not one of ${datasetFields.join(', ')} of a data set`;
      return { field: { kind, name: known }, type: 'text', operators: textOperators };
    }
    if (kind === 'metric') return { field: { kind, name }, type: 'number', operators: numberOperators };
    if (kind !== 'attribute') return { field: { kind, name }, type: 'text', operators: entryOperators };
    const known = attributes.find(
      (attribute) => attribute.toLowerCase() === name.replaceAll('_', '').toLowerCase(),
    );
    if (known === undefined) return `"${name}" is not an attribute; there are ${attributes.join(', ')}`;
    const isTime = known === 'startedAt' || known === 'finishedAt';
    return {
      field: { kind, name: known },
      type: isTime ? 'number' : 'text',
      operators: isTime ? numberOperators : textOperators,
    };
  },
  refuse: (problem) => esteiraError('RUN_FILTER_INVALID', { problem }),
};

/** Parses the conditions of a search over runs. Throws RUN_FILTER_INVALID. */
export function parseRunFilter(text: string): readonly RunCondition[] {
  return parseFilter(text, runGrammar);
}

/** Parses `metrics.auc desc`, `name`, `startedAt asc`; ascending unless it says so. Throws RUN_FILTER_INVALID. */
export function parseRunOrder(text: string): RunOrder {
  const order = parseOrder(text, runGrammar);
  if (order.field.kind === 'dataset')
    throw esteiraError('RUN_FILTER_INVALID', { problem: 'runs are not ordered by their data sets' });
  return order;
}
