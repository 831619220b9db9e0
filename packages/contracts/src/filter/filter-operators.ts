import type { FilterOperator } from './parse-filter.ts';

/** How numbers and moments are compared. */
export const numberOperators: readonly FilterOperator[] = ['=', '!=', '<', '<=', '>', '>='];

/** How a text is compared with one other, or with a pattern. */
export const patternOperators: readonly FilterOperator[] = ['=', '!=', 'like', 'ilike'];
