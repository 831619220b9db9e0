import type { RunStatus } from '@esteira/contracts';
import { type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Page, pagesByKey } from '../kernel/paging.ts';
import { matchesPattern } from '../storage/sql/matches-pattern.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { MetricTables } from './metric-store.ts';
import type { RunHead } from './run.ts';
import type { EntryTables } from './run-entry-store.ts';
import type { RunAttribute, RunCondition, RunOrder } from './run-filter.ts';
import { type RunTables, toRunHead } from './run-store.ts';

type Tables = RunTables & MetricTables & EntryTables;

export interface RunSearch {
  readonly experiment?: string | undefined;
  readonly project?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly parent?: string | undefined;
  readonly search?: string | undefined;
  readonly conditions: readonly RunCondition[];
  readonly order: RunOrder;
  readonly deleted: boolean;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Finds runs in their order, a page at a time. Ties are broken by start, newest first, then by id; runs without the value
 * come last, after those whose value is NaN. Throws INVALID_REQUEST for a cursor of another search.
 */
export async function searchRunHeads(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
): Promise<Page<RunHead>> {
  let query = reader
    .query<Tables>()
    .selectFrom('runs')
    .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
    .selectAll('runs')
    .select('experiments.name as experiment')
    .where('runs.workspace', '=', workspace)
    .where('runs.deleted_at', search.deleted ? 'is not' : 'is', null)
    .where('experiments.deleted_at', 'is', null);
  if (search.experiment !== undefined) {
    // Found apart, so that the index of the experiment's runs serves the order.
    const experiment = await reader
      .query<Tables>()
      .selectFrom('experiments')
      .select('id')
      .where('workspace', '=', workspace)
      .where('name', '=', search.experiment)
      .executeTakeFirst();
    query = query.where('runs.experiment_id', '=', experiment?.id ?? '');
  }
  if (search.project !== undefined) query = query.where('runs.project', '=', search.project);
  if (search.status !== undefined) query = query.where('runs.status', '=', search.status);
  if (search.parent !== undefined) query = query.where('runs.parent_run_id', '=', search.parent);
  if (search.search !== undefined) query = query.where(contains(sql.ref('runs.name'), search.search));
  for (const condition of search.conditions) query = query.where((row) => conditionSql(row, condition));

  const { direction } = search.order;
  const value = orderValue(search.order);
  const rank = orderRank(search.order);
  const behind = pages.keyBehind(search.cursor);
  if (behind !== undefined) query = query.where(afterKey(toOrderKey(behind), rank, value, search.order));
  const rows = await query
    .select([rank.as('order_rank'), value.as('order_value')])
    .$if(!isNewestFirst(search.order), (other) =>
      other.orderBy(sql.ref('order_rank')).orderBy(sql.ref('order_value'), direction),
    )
    .orderBy('runs.started_at', 'desc')
    .orderBy('runs.id', 'desc')
    .limit(search.limit + 1)
    .execute();
  return pages.of(rows, search.limit, toRunHead);
}

interface OrderedRow {
  readonly order_rank: number;
  readonly order_value: string | number | null;
  readonly started_at: number;
  readonly id: string;
}

// The value stands as text with its type before it, because JSON has no infinities.
const pages = pagesByKey(
  'runs',
  ['number', 'string', 'string', 'number', 'string'],
  ({ order_rank, order_value, started_at, id }: OrderedRow) => [
    order_rank,
    typeof order_value,
    String(order_value ?? ''),
    started_at,
    id,
  ],
);

interface OrderKey {
  readonly rank: number;
  readonly value: string | number;
  readonly startedAt: number;
  readonly id: string;
}

function toOrderKey([rank, type, value, startedAt, id]: KeyBehind): OrderKey {
  return { rank, value: type === 'number' ? Number(value) : value, startedAt, id };
}

type KeyBehind = NonNullable<ReturnType<typeof pages.keyBehind>>;

function afterKey(
  key: OrderKey,
  rank: RawBuilder<number>,
  value: RawBuilder<unknown>,
  order: RunOrder,
): RawBuilder<SqlBool> {
  const tie = sql<SqlBool>`(runs.started_at, runs.id) < (${key.startedAt}, ${key.id})`;
  if (isNewestFirst(order)) return tie;
  const beyond = order.direction === 'desc' ? sql`${value} < ${key.value}` : sql`${value} > ${key.value}`;
  if (key.rank > 0) return sql<SqlBool>`(${rank} > ${key.rank} or (${rank} = ${key.rank} and ${tie}))`;
  return sql<SqlBool>`(${rank} > 0 or (${rank} = 0 and (${beyond} or (${value} = ${key.value} and ${tie}))))`;
}

// The order that an index serves as it is.
function isNewestFirst({ field, direction }: RunOrder): boolean {
  return field.kind === 'attribute' && field.name === 'startedAt' && direction === 'desc';
}

/** The value runs are ordered by; null where the run has none. */
function orderValue({ field }: RunOrder): RawBuilder<string | number | null> {
  if (field.kind === 'attribute') return sql`${sql.ref(`runs.${attributeColumns[field.name]}`)}`;
  if (field.kind === 'metric') {
    return sql`(select value from metric_series where run_id = runs.id and name = ${field.name} and is_nan = 0)`;
  }
  return sql`(select value from ${sql.table(entryTables[field.kind])} where run_id = runs.id and name = ${field.name})`;
}

/** 0 for a run with a value, 1 for NaN, 2 for none. */
function orderRank(order: RunOrder): RawBuilder<number> {
  const { field } = order;
  if (field.kind === 'attribute' && field.name !== 'finishedAt') return sql`0`;
  if (field.kind === 'metric') {
    return sql`coalesce((select is_nan from metric_series where run_id = runs.id and name = ${field.name}), 2)`;
  }
  return sql`case when ${orderValue(order)} is null then 2 else 0 end`;
}

const attributeColumns = {
  id: 'id',
  name: 'name',
  status: 'status',
  createdBy: 'created_by',
  startedAt: 'started_at',
  finishedAt: 'finished_at',
} as const satisfies Record<RunAttribute, keyof RunTables['runs']>;

const entryTables = { param: 'run_params', tag: 'run_tags' } as const;

function conditionSql(row: ExpressionBuilder<Tables, 'runs'>, condition: RunCondition) {
  const { field } = condition;
  if (field.kind === 'attribute')
    return comparison(sql.ref(`runs.${attributeColumns[field.name]}`), condition);
  if (field.kind === 'metric') {
    return row.exists(
      row
        .selectFrom('metric_series')
        .select(sql`1`.as('one'))
        .where(sql<SqlBool>`metric_series.run_id = runs.id`)
        .where('metric_series.name', '=', field.name)
        .where('metric_series.is_nan', '=', 0)
        .where(comparison(sql.ref('metric_series.value'), condition)),
    );
  }
  const table = entryTables[field.kind];
  if (condition.operator === 'is null') return row.not(row.exists(named(row, table, field.name)));
  if (condition.operator === 'is not null') return row.exists(named(row, table, field.name));
  return row.exists(named(row, table, field.name).where(comparison(sql.ref(`${table}.value`), condition)));
}

function named(row: ExpressionBuilder<Tables, 'runs'>, table: 'run_params' | 'run_tags', name: string) {
  return row
    .selectFrom(table)
    .select(sql`1`.as('one'))
    .where(sql<SqlBool>`${sql.ref(`${table}.run_id`)} = runs.id`)
    .where(sql.ref<string>(`${table}.name`), '=', name);
}

function comparison(column: RawBuilder<unknown>, { operator, value }: RunCondition): RawBuilder<SqlBool> {
  if (operator === 'in' || operator === 'not in')
    return sql<SqlBool>`${column} ${sql.raw(operator)} (${sql.join(value as readonly string[])})`;
  if (operator === 'like' || operator === 'ilike') return matchesPattern(column, operator, String(value));
  return sql<SqlBool>`${column} ${sql.raw(operator)} ${value}`;
}

function contains(column: RawBuilder<unknown>, part: string): RawBuilder<SqlBool> {
  const escaped = part.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`);
  return sql<SqlBool>`lower(${column}) like ${`%${escaped}%`} escape '\\'`;
}
