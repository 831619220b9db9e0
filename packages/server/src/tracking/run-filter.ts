import { esteiraError } from '../kernel/errors.ts';
import {
  type FilterGrammar,
  type FilterOperator,
  parseFilter,
  parseOrder,
} from '../kernel/filter/parse-filter.ts';

/** What a condition or an order looks at. */
type RunField =
  | { readonly kind: 'metric' | 'param' | 'tag'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: RunAttribute };

const attributes = ['id', 'name', 'status', 'createdBy', 'startedAt', 'finishedAt'] as const;
export type RunAttribute = (typeof attributes)[number];

export interface RunCondition {
  readonly field: RunField;
  readonly operator: FilterOperator;
  /** A number for metrics and times, a text else, several for lists, null where nothing is compared. */
  readonly value: number | string | readonly string[] | null;
}

export interface RunOrder {
  readonly field: RunField;
  readonly direction: 'asc' | 'desc';
}

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

const numberOperators: readonly FilterOperator[] = ['=', '!=', '<', '<=', '>', '>='];
const textOperators: readonly FilterOperator[] = ['=', '!=', 'like', 'ilike', 'in', 'not in'];
const entryOperators: readonly FilterOperator[] = [...textOperators, 'is null', 'is not null'];

const runGrammar: FilterGrammar<RunField> = {
  field(name, prefix) {
    const kind = prefix === undefined ? 'attribute' : prefixes[prefix.toLowerCase()];
    if (kind === undefined) return `"${prefix}" is not one of metrics, params, tags, attributes`;
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
  return parseOrder(text, runGrammar);
}
