import {
  parseFilter,
  parseOrder,
  type RunCondition,
  type RunField,
  type RunOrder,
  runGrammar,
} from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';

const grammar = runGrammar((problem) => esteiraError('RUN_FILTER_INVALID', { problem }));

/** Parses the conditions of a search over runs. Throws RUN_FILTER_INVALID. */
export function parseRunFilter(text: string): readonly RunCondition[] {
  return parseFilter(text, grammar);
}

/** Parses `metrics.auc desc`, `name`, `startedAt asc`; ascending unless it says so. Throws RUN_FILTER_INVALID. */
export function parseRunOrder(text: string): RunOrder {
  const order = parseOrder(text, grammar);
  if (order.field.kind === 'dataset')
    throw esteiraError('RUN_FILTER_INVALID', { problem: 'runs are not ordered by their data sets' });
  return order;
}

/** Parses one field, such as `metrics.auc` or `status`. Throws RUN_FILTER_INVALID. */
export function parseRunField(text: string): RunField {
  return parseOrder(`${text} asc`, grammar).field;
}
