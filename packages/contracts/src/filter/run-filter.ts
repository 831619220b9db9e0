import { numberOperators, patternOperators } from './filter-operators.ts';
import type {
  FilterCondition,
  FilterFault,
  FilterGrammar,
  FilterOperator,
  FilterOrder,
} from './parse-filter.ts';

/** What every run has of its own, under the names that a filter knows. `duration` is in milliseconds. */
export const runAttributes = [
  'id',
  'name',
  'status',
  'experiment',
  'createdBy',
  'startedAt',
  'finishedAt',
  'duration',
  'note',
  'parentRunId',
] as const;
/** The last two stand in filters of MLflow's clients alone. */
export type RunAttribute = (typeof runAttributes)[number] | 'userName' | 'artifactLocation';

/** What is logged of runs under names of their own. */
export type RunEntryKind = 'metric' | 'param' | 'tag';

/** What a condition or an order looks at. */
export type RunField =
  | { readonly kind: RunEntryKind; readonly name: string }
  | { readonly kind: 'dataset'; readonly name: 'name' | 'digest' | 'context' }
  | { readonly kind: 'attribute'; readonly name: RunAttribute };

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
const numbers: ReadonlySet<RunAttribute> = new Set(['startedAt', 'finishedAt', 'duration']);

const textOperators: readonly FilterOperator[] = [...patternOperators, 'in', 'not in'];
const entryOperators: readonly FilterOperator[] = [...textOperators, 'is null', 'is not null'];

/** What a prefix stands for: `metrics` and `metric` for metrics; undefined where it is none. */
export function runFieldKind(prefix: string): RunField['kind'] | undefined {
  return Object.hasOwn(prefixes, prefix) ? prefixes[prefix] : undefined;
}

/** The filter language of runs: the server refuses by its error table, the page marks the place. */
export function runGrammar(
  refuse: (problem: string, fault: FilterFault<RunField>) => Error,
): FilterGrammar<RunField> {
  return { field: runField, refuse };
}

const runField: FilterGrammar<RunField>['field'] = (name, prefix) => {
  const kind = prefix === undefined ? 'attribute' : runFieldKind(prefix.toLowerCase());
  if (kind === undefined) return `"${prefix}" is not one of metrics, params, tags, attributes, datasets`;
  if (kind === 'dataset') {
    const known = datasetFields.find((field) => field === name);
    if (known === undefined) return `"${name}" is not one of ${datasetFields.join(', ')} of a data set`;
    return { field: { kind, name: known }, type: 'text', operators: textOperators };
  }
  if (kind === 'metric') return { field: { kind, name }, type: 'number', operators: numberOperators };
  if (kind !== 'attribute') return { field: { kind, name }, type: 'text', operators: entryOperators };
  const known = runAttributes.find(
    (attribute) => attribute.toLowerCase() === name.replaceAll('_', '').toLowerCase(),
  );
  if (known === undefined) return `"${name}" is not an attribute; there are ${runAttributes.join(', ')}`;
  const isNumber = numbers.has(known);
  return {
    field: { kind, name: known },
    type: isNumber ? 'number' : 'text',
    operators: isNumber ? numberOperators : textOperators,
  };
};

/** A field as a filter writes it: `metrics.auc`, `` tags.`a b` ``, `startedAt`. */
export function runFieldText({ kind, name }: RunField): string {
  if (kind === 'attribute') return name;
  return `${kind}s.${quoteName(name)}`;
}

/** A text as a filter writes it. */
export function filterText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

// A piece that looks like a number or holds a blank would be cut elsewhere.
function quoteName(name: string): string {
  if (/^[\p{L}_][\p{L}\p{N}_/:-]*(\.[\p{L}_][\p{L}\p{N}_/:-]*)*$/u.test(name)) return name;
  return name.includes('`') ? `"${name}"` : `\`${name}\``;
}
