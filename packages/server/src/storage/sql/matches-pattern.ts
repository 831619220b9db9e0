import { type RawBuilder, type SqlBool, sql } from 'kysely';

/**
 * A text matched by a pattern with `%` and `_`, alike on every engine: `like` minds the case, `ilike` does not, and a
 * backslash is a backslash.
 */
export function matchesPattern(
  column: RawBuilder<unknown>,
  operator: 'like' | 'ilike',
  pattern: string,
): RawBuilder<SqlBool> {
  const escaped = pattern.replaceAll('\\', '\\\\');
  if (operator === 'ilike') return sql<SqlBool>`lower(${column}) like ${escaped.toLowerCase()} escape '\\'`;
  return sql<SqlBool>`${column} like ${escaped} escape '\\'`;
}
