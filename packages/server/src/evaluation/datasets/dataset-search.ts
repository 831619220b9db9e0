import type { FilterCondition, FilterOrder } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Page, pagesByKey } from '../../kernel/paging.ts';
import { matchesPattern } from '../../storage/sql/matches-pattern.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { type DatasetHead, type DatasetTables, toHead } from './evaluation-dataset-store.ts';

/** What a search looks at. */
export type DatasetField =
  | { readonly kind: 'attribute'; readonly name: keyof typeof columns }
  | { readonly kind: 'tag'; readonly name: string };

export interface DatasetSearch {
  /** Numbers of experiments, of which it belongs to one; undefined for any. */
  readonly experiments?: readonly number[];
  readonly conditions: readonly FilterCondition<DatasetField>[];
  /** Attributes that every data set has; newest first unless given. */
  readonly orders: readonly FilterOrder<DatasetField>[];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const columns = {
  name: 'name',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  userName: 'user_name',
  updatedUserName: 'updated_user_name',
} as const;

/** The data sets that a search finds, page by page. Throws INVALID_REQUEST for the cursor of another search. */
export async function searchDatasets(
  reader: SqlReader,
  workspace: string,
  search: DatasetSearch,
): Promise<Page<DatasetHead>> {
  const terms = search.orders.flatMap(({ field, direction }) =>
    field.kind === 'attribute' ? [{ column: columns[field.name], direction }] : [],
  );
  if (terms.length === 0) terms.push({ column: 'created_at', direction: 'desc' });
  const pages = pagesByKey(
    `evaluation-datasets:${JSON.stringify(terms)}`,
    [...terms.map(({ column }) => (column.endsWith('_at') ? 'number' : 'string')), 'string'] as const,
    (row: Row) => [...terms.map(({ column }) => row[column] ?? ''), row.id],
  );
  let query = reader
    .query<DatasetTables>()
    .selectFrom('evaluation_datasets')
    .selectAll()
    .where('workspace', '=', workspace);
  const { experiments } = search;
  if (experiments !== undefined)
    query = query.where('id', 'in', (inner) =>
      inner
        .selectFrom('evaluation_dataset_experiments')
        .select('dataset_id')
        .where('workspace', '=', workspace)
        .where('experiment', 'in', experiments),
    );
  for (const condition of search.conditions) query = query.where(holds(condition));
  const behind = pages.keyBehind(search.cursor);
  const order = [...terms, { column: 'id', direction: 'desc' as const }];
  if (behind !== undefined) query = query.where(isBehind(order, behind));
  for (const { column, direction } of order) query = query.orderBy(sql.ref(column), direction);
  return pages.of(await query.limit(search.limit + 1).execute(), search.limit, toHead);
}

type Row = DatasetTables['evaluation_datasets'];

function holds({ field, operator, value }: FilterCondition<DatasetField>): RawBuilder<SqlBool> {
  if (field.kind === 'attribute') return compared(sql.ref(columns[field.name]), operator, value);
  return sql<SqlBool>`exists (
    select 1 from evaluation_dataset_tags as tag
    where tag.dataset_id = evaluation_datasets.id and tag.name = ${field.name}
      and ${compared(sql.ref('tag.value'), operator, value)})`;
}

function compared(
  column: RawBuilder<unknown>,
  operator: FilterCondition<DatasetField>['operator'],
  value: FilterCondition<DatasetField>['value'],
): RawBuilder<SqlBool> {
  if ((operator === 'like' || operator === 'ilike') && typeof value === 'string')
    return matchesPattern(column, operator, value);
  if (operator === 'in' && Array.isArray(value)) return sql<SqlBool>`${column} in (${sql.join(value)})`;
  return sql<SqlBool>`${column} ${sql.raw(operator)} ${value}`;
}

/** Behind by the first term, or level with it and behind by the rest. */
function isBehind(
  [term, ...terms]: readonly { readonly column: string; readonly direction: 'asc' | 'desc' }[],
  [value, ...values]: readonly (string | number)[],
): RawBuilder<SqlBool> {
  if (term === undefined || value === undefined) return sql<SqlBool>`1 = 0`;
  const column = sql.ref(term.column);
  const beyond = sql.raw(term.direction === 'asc' ? '>' : '<');
  return sql<SqlBool>`(${column} ${beyond} ${value} or (${column} = ${value} and ${isBehind(terms, values)}))`;
}
