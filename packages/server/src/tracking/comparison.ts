import type { FilterCondition } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { matchesPattern } from '../storage/sql/matches-pattern.ts';

/** A value compared as a condition says; null compares with nothing. */
export function comparison(
  value: RawBuilder<unknown>,
  condition: Pick<FilterCondition<unknown>, 'operator' | 'value'>,
): RawBuilder<SqlBool> {
  const { operator } = condition;
  if (operator === 'in' || operator === 'not in')
    return sql<SqlBool>`${value} ${sql.raw(operator)} (${sql.join(condition.value as readonly string[])})`;
  if (operator === 'like' || operator === 'ilike')
    return matchesPattern(value, operator, String(condition.value));
  if (operator === 'is null' || operator === 'is not null')
    return sql<SqlBool>`${value} ${sql.raw(operator)}`;
  // A number of a filter need not be whole where the column is.
  const compared =
    typeof condition.value === 'number'
      ? sql`cast(${condition.value} as double precision)`
      : sql`${condition.value}`;
  return sql<SqlBool>`${value} ${sql.raw(operator)} ${compared}`;
}
