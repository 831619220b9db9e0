import { type SelectQueryBuilder, sql } from 'kysely';

/** A page of rows whose ids sort by time, newest first: at most `limit` of those below `before`. */
export function newestFirst<Tables, Chosen extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Chosen, Row>,
  page: { readonly before?: string | undefined; readonly limit: number },
): SelectQueryBuilder<Tables, Chosen, Row> {
  const id = sql.ref<string>('id');
  const below = page.before === undefined ? query : query.where(sql<boolean>`${id} < ${page.before}`);
  return below.orderBy(id, 'desc').limit(page.limit);
}
