import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Page } from '../../kernel/paging.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { comparison } from '../comparison.ts';
import { type OrderTerm, orderedSearch } from '../ordered-search.ts';
import type {
  LoggedModelAttribute,
  LoggedModelCondition,
  LoggedModelOrder,
  LoggedModelRecord,
  LoggedModelSearch,
  MeasuredOn,
} from './logged-model.ts';
import { completeLoggedModels, type LoggedModelRow, toLoggedModel } from './logged-model-store.ts';

const columns: Readonly<Record<LoggedModelAttribute, string>> = {
  id: 'logged_models.id',
  name: 'logged_models.name',
  type: 'logged_models.model_type',
  status: 'logged_models.status',
  sourceRunId: 'logged_models.source_run_id',
  experimentNumber: 'experiments.number',
  createdAt: 'logged_models.created_at',
  updatedAt: 'logged_models.updated_at',
};

const numbers: ReadonlySet<LoggedModelAttribute> = new Set(['createdAt', 'updatedAt', 'experimentNumber']);

const newestFirst: LoggedModelOrder = {
  field: { kind: 'attribute', name: 'createdAt' },
  direction: 'desc',
};

/** Finds logged models of experiments in their order, a page at a time. Throws INVALID_REQUEST for a cursor of another search. */
export async function searchLoggedModels(
  reader: SqlReader,
  workspace: string,
  search: LoggedModelSearch,
): Promise<Page<LoggedModelRecord>> {
  const { experimentIds } = search;
  if (experimentIds?.length === 0) return { items: [] };
  const byTime = search.orders.some(({ field }) => field.kind === 'attribute' && field.name === 'createdAt');
  const orders = byTime ? search.orders : [...search.orders, newestFirst];
  const ordered = orderedSearch('logged-models', orders.map(orderTerm), {
    columns: [{ name: 'logged_models.id', type: 'string' }],
    direction: 'asc',
  });
  const conditions = [
    sql<SqlBool>`logged_models.workspace = ${workspace}`,
    ...(experimentIds === undefined
      ? []
      : [sql<SqlBool>`logged_models.experiment_id in (${sql.join(experimentIds)})`]),
    sql<SqlBool>`logged_models.deleted_at is null`,
    ...search.conditions.map((condition) => conditionSql(condition, search.datasets)),
  ];
  const onMetrics = search.conditions.some(({ field }) => field.kind === 'metric');
  if (search.datasets.length > 0 && !onMetrics)
    conditions.push(sql`exists (select 1 from model_metrics where ${metricsOn(search.datasets)})`);
  const behind = ordered.behind(search.cursor);
  if (behind !== undefined) conditions.push(behind);
  const { rows } = await sql<LoggedModelRow & Record<string, unknown>>`
    select logged_models.*, experiments.number as experiment_number,
      experiments.artifact_location as experiment_location, ${sql.join(ordered.selections)}
    from logged_models inner join experiments on experiments.id = logged_models.experiment_id
    where ${sql.join(conditions, sql` and `)}
    order by ${ordered.orderBy}
    limit ${search.limit + 1}`.execute(reader.query());
  const { items, nextCursor } = ordered.page(rows, search.limit, toLoggedModel);
  const complete = [...(await completeLoggedModels(reader, items))];
  return nextCursor === undefined ? { items: complete } : { items: complete, nextCursor };
}

function conditionSql(condition: LoggedModelCondition, datasets: readonly MeasuredOn[]): RawBuilder<SqlBool> {
  const { field } = condition;
  if (field.kind === 'attribute') {
    // A number of an experiment is an id to those who ask: text.
    if (field.name === 'experimentNumber')
      return comparison(sql`cast(experiments.number as text)`, condition);
    return comparison(sql.ref(columns[field.name]), condition);
  }
  if (field.kind === 'metric') {
    return sql<SqlBool>`exists (select 1 from model_metrics where ${metricsOn(datasets)}
      and model_metrics.name = ${field.name} and model_metrics.is_nan = 0
      and ${comparison(sql.ref('model_metrics.value'), condition)})`;
  }
  const table = sql.ref(field.kind === 'param' ? 'logged_model_params' : 'logged_model_tags');
  return sql<SqlBool>`exists (select 1 from ${table} as entry where entry.model_id = logged_models.id
    and entry.name = ${field.name} and ${comparison(sql.ref('entry.value'), condition)})`;
}

/** The newest value is what a model is ordered by; those without one, and those that are no number, come last. */
function orderTerm({ field, direction }: LoggedModelOrder): OrderTerm {
  if (field.kind === 'attribute') {
    const value = sql.ref(columns[field.name]);
    const type = numbers.has(field.name) ? 'number' : 'string';
    if (field.name !== 'sourceRunId') return { value, type, direction };
    return { value, type, direction, rank: sql`case when ${value} is null then 2 else 0 end` };
  }
  const newest = (column: string) => sql`(
    select ${sql.ref(`model_metrics.${column}`)} from model_metrics
    where ${metricsOn([field.on])} and model_metrics.name = ${field.name}
    order by model_metrics.at desc, model_metrics.step desc, model_metrics.run_id limit 1)`;
  const noNumber = newest('is_nan');
  const rank = sql<number>`case when ${noNumber} is null then 2 when ${noNumber} = 1 then 1 else 0 end`;
  return { value: newest('value'), type: 'number', direction, rank };
}

function metricsOn(datasets: readonly MeasuredOn[]): RawBuilder<SqlBool> {
  const own = sql<SqlBool>`model_metrics.model_id = logged_models.id`;
  if (datasets.length === 0) return own;
  const ways = datasets.map(({ name, digest }) => {
    const parts: RawBuilder<SqlBool>[] = [];
    if (name !== undefined) parts.push(sql`model_metrics.dataset_name = ${name}`);
    if (digest !== undefined) parts.push(sql`model_metrics.dataset_digest = ${digest}`);
    return parts.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`(${sql.join(parts, sql` and `)})`;
  });
  return sql<SqlBool>`${own} and (${sql.join(ways, sql` or `)})`;
}
