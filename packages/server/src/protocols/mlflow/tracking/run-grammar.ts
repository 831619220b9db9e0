import {
  type FilterGrammar,
  type FilterOperator,
  type FilterOrder,
  numberOperators,
  parseFilter,
  parseOrder,
  patternOperators,
  type RunCondition,
  type RunField,
  type RunStatus,
  runFieldKind,
} from '@esteira/contracts';
import { invalidParameter } from '../mlflow-error.ts';
import { wireStatuses, wordTags } from './run-words.ts';

const listOperators: readonly FilterOperator[] = [...patternOperators, 'in', 'not in'];
const entryOperators: readonly FilterOperator[] = [...patternOperators, 'is null', 'is not null'];

type Attribute = Extract<RunField, { kind: 'attribute' }>['name'];

const attributes: Readonly<Record<string, Attribute>> = {
  run_id: 'id',
  run_name: 'name',
  'run name': 'name',
  'Run name': 'name',
  'Run Name': 'name',
  status: 'status',
  user_id: 'userName',
  artifact_uri: 'artifactLocation',
  start_time: 'startedAt',
  created: 'startedAt',
  Created: 'startedAt',
  end_time: 'finishedAt',
};

/** Tags that a run keeps as words of its own. */
const words: Readonly<Record<string, Attribute>> = {
  [wordTags.name]: 'name',
  [wordTags.note]: 'note',
  [wordTags.parentRunId]: 'parentRunId',
};

const grammar: FilterGrammar<RunField> = {
  field(name, prefix) {
    const kind = prefix === undefined ? 'attribute' : runFieldKind(prefix);
    if (kind === undefined)
      return `Invalid entity type '${prefix}'. Valid values are metric, parameter, tag, attribute, dataset`;
    if (kind === 'metric') return { field: { kind, name }, type: 'number', operators: numberOperators };
    if (kind === 'dataset') {
      if (name !== 'name' && name !== 'digest' && name !== 'context')
        return `Invalid dataset key '${name}' specified. Valid keys are name, digest, context`;
      return { field: { kind, name }, type: 'text', operators: listOperators };
    }
    if (kind !== 'attribute') {
      const word = kind === 'tag' && Object.hasOwn(words, name) ? words[name] : undefined;
      const field = word === undefined ? { kind, name } : ({ kind: 'attribute', name: word } as const);
      return { field, type: 'text', operators: entryOperators };
    }
    const known = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (known === undefined)
      return `Invalid attribute key '${name}' specified. Valid keys are ${Object.keys(attributes).join(', ')}`;
    const isTime = known === 'startedAt' || known === 'finishedAt';
    return {
      field: { kind, name: known },
      type: isTime ? 'number' : 'text',
      operators: isTime ? numberOperators : known === 'id' ? listOperators : patternOperators,
    };
  },
  refuse: (problem) => invalidParameter(problem),
};

/** Conditions of a search over runs. Throws INVALID_PARAMETER_VALUE. */
export function parseRunConditions(filter: string): readonly RunCondition[] {
  return parseFilter(filter, grammar).map((condition) =>
    condition.field.kind === 'attribute' && condition.field.name === 'status'
      ? { field: condition.field, operator: 'in', value: statusesThat(condition) }
      : condition,
  );
}

/** Throws INVALID_PARAMETER_VALUE. */
export function parseRunOrders(orders: readonly string[]): readonly FilterOrder<RunField>[] {
  return orders.map((order) => {
    const parsed = parseOrder(order, grammar);
    if (parsed.field.kind === 'dataset')
      throw invalidParameter(`Invalid order_by entity type 'dataset' in '${order}'.`);
    return parsed;
  });
}

/** A condition speaks of statuses in the words of the wire: those of ours that it holds for. */
function statusesThat({ operator, value }: RunCondition): readonly string[] {
  const holds = (word: string): boolean => {
    if (operator === '=') return word === value;
    if (operator === '!=') return word !== value;
    return likePattern(String(value), operator === 'ilike').test(word);
  };
  const held = Object.entries(wireStatuses).flatMap(([own, word]) => (holds(word) ? [own as RunStatus] : []));
  // No run has it: a list is never empty.
  return held.length === 0 ? ['none'] : held;
}

function likePattern(pattern: string, ignoresCase: boolean): RegExp {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/%+/g, '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${source}$`, ignoresCase ? 'isu' : 'su');
}
