import type { FilterCondition, FilterOrder } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Page } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { comparison } from './comparison.ts';
import type { Experiment } from './experiment.ts';
import { type ExperimentTables, toExperiment } from './experiment-store.ts';
import { tagsInOrder } from './experiment-tag-store.ts';
import type { EntryKeys } from './metric-points.ts';
import { type OrderTerm, orderedSearch } from './ordered-search.ts';
import type { Lifecycle } from './run-search.ts';

/** What a condition or an order looks at. */
export type ExperimentField =
  | { readonly kind: 'tag'; readonly name: string }
  | { readonly kind: 'attribute'; readonly name: 'number' | 'name' | 'note' | 'createdAt' | 'updatedAt' };

export type ExperimentCondition = FilterCondition<ExperimentField>;

/** An experiment with its tags, as `RunRecord` has them. */
export interface ExperimentRecord extends Experiment {
  readonly tags: string;
}

export interface ExperimentSearch {
  readonly conditions: readonly ExperimentCondition[];
  /** The newest first unless there is one; ties by number. */
  readonly orders: readonly FilterOrder<ExperimentField>[];
  readonly lifecycle: Lifecycle;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const columns = {
  number: 'experiments.number',
  name: 'experiments.name',
  note: 'experiments.note',
  createdAt: 'experiments.created_at',
  updatedAt: 'experiments.updated_at',
} as const;

const newestFirst: FilterOrder<ExperimentField> = {
  field: { kind: 'attribute', name: 'createdAt' },
  direction: 'desc',
};

/** Finds experiments in their order, a page at a time. Throws INVALID_REQUEST for a cursor of another search. */
export async function searchExperiments(
  reader: SqlReader,
  workspace: string,
  search: ExperimentSearch,
  keys: Pick<EntryKeys, 'name' | 'value'>,
): Promise<Page<ExperimentRecord>> {
  const orders = search.orders.length === 0 ? [newestFirst] : search.orders;
  const ordered = orderedSearch('experiment-search', orders.map(orderTerm), {
    columns: [{ name: 'experiments.number', type: 'number' }],
    direction: 'asc',
  });
  const conditions = [sql<SqlBool>`workspace = ${workspace}`, ...search.conditions.map(conditionSql)];
  if (search.lifecycle === 'active') conditions.push(sql`deleted_at is null`);
  if (search.lifecycle === 'deleted') conditions.push(sql`deleted_at is not null`);
  const behind = ordered.behind(search.cursor);
  if (behind !== undefined) conditions.push(behind);
  const { rows } = await sql<ExperimentTables['experiments'] & { tags: string } & Record<string, unknown>>`
    select found.*, ${tagsInOrder(reader, sql.ref('found.id'), keys)} as tags
    from (
      select experiments.*, ${sql.join(ordered.selections)}
      from experiments
      where ${sql.join(conditions, sql` and `)}
      order by ${ordered.orderBy}
      limit ${search.limit + 1}
    ) as found
    order by ${ordered.orderBy}`.execute(reader.query());
  return ordered.page(rows, search.limit, (row) => ({ ...toExperiment(row), tags: row.tags }));
}

function orderTerm({ field, direction }: FilterOrder<ExperimentField>): OrderTerm {
  if (field.kind === 'tag') {
    const value = sql`(select value from experiment_tags where experiment_id = experiments.id and name = ${field.name})`;
    return { value, type: 'string', direction, rank: sql`case when ${value} is null then 2 else 0 end` };
  }
  const isText = field.name === 'name' || field.name === 'note';
  return { value: sql.ref(columns[field.name]), type: isText ? 'string' : 'number', direction };
}

function conditionSql(condition: ExperimentCondition): RawBuilder<SqlBool> {
  const { field, operator } = condition;
  if (field.kind === 'tag') {
    const named = sql`select 1 from experiment_tags where experiment_id = experiments.id and experiment_tags.name = ${field.name}`;
    if (operator === 'is null') return sql<SqlBool>`not exists (${named})`;
    if (operator === 'is not null') return sql<SqlBool>`exists (${named})`;
    return sql<SqlBool>`exists (${named} and ${comparison(sql.ref('experiment_tags.value'), condition)})`;
  }
  // A number of an experiment is an id to those who ask: text.
  if (field.name === 'number') return comparison(sql`cast(experiments.number as text)`, condition);
  // A note that says nothing is none.
  if (field.name === 'note') return comparison(sql`nullif(experiments.note, '')`, condition);
  return comparison(sql.ref(columns[field.name]), condition);
}
