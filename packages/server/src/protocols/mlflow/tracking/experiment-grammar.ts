import {
  type FilterGrammar,
  type FilterOperator,
  type FilterOrder,
  numberOperators,
  parseFilter,
  parseOrder,
  patternOperators,
} from '@esteira/contracts';
import type { ExperimentCondition, ExperimentField } from '../../../tracking/index.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { wordTags } from './run-words.ts';

const idOperators: readonly FilterOperator[] = [...patternOperators, 'in', 'not in'];
const tagOperators: readonly FilterOperator[] = [...patternOperators, 'is null', 'is not null'];

type Attribute = Extract<ExperimentField, { kind: 'attribute' }>['name'];

const attributes: Readonly<Record<string, Attribute>> = {
  name: 'name',
  experiment_id: 'number',
  creation_time: 'createdAt',
  last_update_time: 'updatedAt',
};

const grammar: FilterGrammar<ExperimentField> = {
  field(name, prefix) {
    if (prefix === 'tag' || prefix === 'tags') {
      const field =
        name === wordTags.note
          ? ({ kind: 'attribute', name: 'note' } as const)
          : ({ kind: 'tag', name } as const);
      return { field, type: 'text', operators: tagOperators };
    }
    if (prefix !== undefined && prefix !== 'attribute' && prefix !== 'attributes' && prefix !== 'attr')
      return `Invalid entity type '${prefix}'. Valid entity types are attribute, tag, tags`;
    const known = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (known === undefined)
      return `Invalid attribute key '${name}' specified. Valid keys are ${Object.keys(attributes).join(', ')}`;
    const isTime = known === 'createdAt' || known === 'updatedAt';
    return {
      field: { kind: 'attribute', name: known },
      type: isTime ? 'number' : 'text',
      operators: isTime ? numberOperators : known === 'number' ? idOperators : patternOperators,
    };
  },
  refuse: (problem) => invalidParameter(problem),
};

/** Throws INVALID_PARAMETER_VALUE. */
export function parseExperimentConditions(filter: string): readonly ExperimentCondition[] {
  return parseFilter(filter, grammar);
}

/** Throws INVALID_PARAMETER_VALUE. */
export function parseExperimentOrders(orders: readonly string[]): readonly FilterOrder<ExperimentField>[] {
  return orders.map((order) => parseOrder(order, grammar));
}
