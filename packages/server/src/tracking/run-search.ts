import type { RunAttribute, RunCondition, RunOrder, RunStatus } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Page } from '../kernel/paging.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { comparison } from './comparison.ts';
import { type OrderTerm, type OrderTie, orderedSearch } from './ordered-search.ts';
import type { RunHead } from './run.ts';
import { headColumns, headReader } from './run-heads.ts';
import { type RunRevision, revisionColumns } from './run-revision.ts';
import type { RunRow } from './run-store.ts';
import { containsTerms } from './text-search/run-texts.ts';

/** Which of the deleted and the others. */
export type Lifecycle = 'active' | 'deleted' | 'all';

export interface RunSearch {
  /** Of these experiments of the workspace only; of all unless given. */
  readonly experiments?: readonly { readonly id: string; readonly deletedAt?: number }[] | undefined;
  readonly project?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly parent?: string | undefined;
  /** Words of the name, the note, the parameters and the tags; `RunTexts.settle` is awaited before. */
  readonly text?: string | undefined;
  readonly conditions: readonly RunCondition[];
  /** Ties are broken by start, newest first, then by id, backwards unless given. */
  readonly orders: readonly RunOrder[];
  readonly ids?: 'asc' | 'desc' | undefined;
  /** A run of a deleted experiment counts as deleted. */
  readonly lifecycle: Lifecycle;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Finds runs in their order, a page at a time. Runs without the value they are ordered by come last, after those whose value
 * is NaN. Throws INVALID_REQUEST for a cursor of another search.
 */
export async function searchRunHeads(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
): Promise<Page<RunHead>> {
  return searchRows<RunRow, RunHead>(reader, workspace, search, {
    columns: headColumns,
    toItems: (rows) => headReader(reader, rows),
  });
}

/** As `searchRunHeads`, with nothing of the runs but what tells whether they still are as they were. */
export async function searchRunRevisions(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
): Promise<Page<RunRevision>> {
  return searchRows<RunRevision, RunRevision>(reader, workspace, search, {
    columns: revisionColumns,
    toItems: async () => (row) => row,
  });
}

/** What is selected of each run that is found, and what is made of it. */
interface Selection<Row, T> {
  readonly columns: RawBuilder<unknown>;
  readonly toItems: (rows: readonly Row[]) => Promise<(row: Row) => T>;
}

async function searchRows<Row extends object, T>(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
  selection: Selection<Row, T>,
): Promise<Page<T>> {
  const orders = search.orders.filter(
    (order, index) => !(isNewestFirst(order) && index === search.orders.length - 1),
  );
  const [first, ...others] = orders;
  const [experiment, ...furtherExperiments] = search.experiments ?? [];
  if (first?.field.kind === 'metric' && experiment !== undefined && furtherExperiments.length === 0) {
    // Numbers come before all else, so a page full of them is the page.
    const page = await walkValues(reader, workspace, search, experiment.id, [first, ...others], selection);
    if (page !== undefined) return page;
  }
  return sortAll(reader, workspace, search, orders, selection);
}

/**
 * Along the index of an experiment's values of a metric, so that a page ends where it is full; nothing of NaN and no value.
 * Undefined when there are too few numbers for a full page.
 */
async function walkValues<Row extends object, T>(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
  experimentId: string,
  [{ field, direction }, ...others]: readonly [RunOrder, ...RunOrder[]],
  { columns, toItems }: Selection<Row, T>,
): Promise<Page<T> | undefined> {
  const joins: RawBuilder<unknown>[] = [];
  const ordered = orderedSearch(
    'runs',
    [
      { value: sql`walked.value`, type: 'number', direction },
      ...others.map((order, index) => orderTerm(order, index, joins)),
    ],
    tieOf(search),
  );
  const behind = ordered.behind(search.cursor);
  // As one value: an engine that knows nothing of the data yet would begin with one of these, and go through all runs for
  // each of its rows. For the same reason tables are joined in the order they stand in, and runs of one value are put into
  // their order outside.
  const wanted = sql.join(
    [...runConditions(workspace, search), ...(behind === undefined ? [] : [behind])],
    sql` and `,
  );
  const { rows } = await sql<Row & Record<string, unknown>>`
    select * from (
      select ${columns}, ${sql.join(ordered.selections)}
      from metric_series as walked cross join runs ${sql.join(joins, sql` `)}
      where walked.experiment_id = ${experimentId} and walked.name = ${field.name} and walked.is_nan = 0
        and runs.id = walked.run_id
        and case when ${wanted} then 1 else 0 end = 1
      order by walked.value ${sql.raw(direction)} ${reader.firstOfIndex(search.limit + 1)}
    ) as found
    order by ${ordered.orderBy}
    limit ${search.limit + 1}`.execute(reader.query());
  if (rows.length <= search.limit) return undefined;
  return ordered.page(rows, search.limit, await toItems(rows));
}

async function sortAll<Row extends object, T>(
  reader: SqlReader,
  workspace: string,
  search: RunSearch,
  orders: readonly RunOrder[],
  { columns, toItems }: Selection<Row, T>,
): Promise<Page<T>> {
  const joins: RawBuilder<unknown>[] = [];
  const terms = orders.map((order, index) => orderTerm(order, index, joins));
  const ordered = orderedSearch('runs', terms, tieOf(search));
  const conditions = runConditions(workspace, search);
  const behind = ordered.behind(search.cursor);
  if (behind !== undefined) conditions.push(behind);
  // First the keys alone, so that rows which are not asked for are neither read nor sorted.
  const { rows } = await sql<Row & Record<string, unknown>>`
    select found.*, ${columns}
    from (
      select runs.id as found_id, ${sql.join(ordered.selections)}
      from runs ${sql.join(joins, sql` `)}
      where ${sql.join(conditions, sql` and `)}
      order by ${ordered.orderBy}
      limit ${search.limit + 1}
    ) as found
    join runs on runs.id = found.found_id
    order by ${ordered.orderBy}`.execute(reader.query());
  return ordered.page(rows, search.limit, await toItems(rows));
}

function tieOf({ ids }: RunSearch): OrderTie {
  return {
    columns: [
      { name: 'runs.started_at', type: 'number' },
      { name: 'runs.id', type: 'string', ...(ids === 'asc' ? { direction: 'asc' } : {}) },
    ],
    direction: 'desc',
  };
}

/** How many runs a search finds, on all its pages. */
export async function countRuns(
  reader: SqlReader,
  workspace: string,
  search: Omit<RunSearch, 'orders' | 'limit' | 'cursor'>,
): Promise<number> {
  const { rows } = await sql<{ runs: number }>`
    select count(*) as runs from runs where ${sql.join(runConditions(workspace, search), sql` and `)}`.execute(
    reader.query(),
  );
  return rows[0]?.runs ?? 0;
}

export function runConditions(
  workspace: string,
  search: Omit<RunSearch, 'orders' | 'limit' | 'cursor'>,
): RawBuilder<SqlBool>[] {
  const conditions = lifecycleConditions(search);
  // Experiments are of the workspace, and so their runs.
  if (search.experiments === undefined) conditions.push(sql`runs.workspace = ${workspace}`);
  if (search.project !== undefined) conditions.push(sql`runs.project = ${search.project}`);
  if (search.status !== undefined) conditions.push(sql`runs.status = ${search.status}`);
  if (search.parent !== undefined) conditions.push(sql`runs.parent_run_id = ${search.parent}`);
  if (search.text !== undefined) conditions.push(containsTerms(search.text));
  for (const condition of search.conditions) conditions.push(conditionSql(condition));
  return conditions;
}

/** Experiments are looked at beforehand where they are known, so that the index of their runs serves the search. */
function lifecycleConditions({
  experiments,
  lifecycle,
}: Pick<RunSearch, 'experiments' | 'lifecycle'>): RawBuilder<SqlBool>[] {
  if (experiments === undefined) {
    const inDeleted = sql`exists (
      select 1 from experiments where experiments.id = runs.experiment_id and experiments.deleted_at is not null)`;
    if (lifecycle === 'all') return [];
    if (lifecycle === 'deleted') return [sql`(runs.deleted_at is not null or ${inDeleted})`];
    return [sql`runs.deleted_at is null`, sql`not ${inDeleted}`];
  }
  const all = experiments.map(({ id }) => id);
  const active = experiments.flatMap(({ id, deletedAt }) => (deletedAt === undefined ? [id] : []));
  if (lifecycle === 'active') return [inExperiments(active), sql`runs.deleted_at is null`];
  if (lifecycle === 'all') return [inExperiments(all)];
  const deleted = all.filter((id) => !active.includes(id));
  return [inExperiments(all), sql`(runs.deleted_at is not null or ${inExperiments(deleted)})`];
}

function inExperiments(ids: readonly string[]): RawBuilder<SqlBool> {
  const [first] = ids;
  if (first === undefined) return sql<SqlBool>`1 = 0`;
  // Equality alone lets an engine take the order of the index as it is.
  if (ids.length === 1) return sql<SqlBool>`runs.experiment_id = ${first}`;
  return sql<SqlBool>`runs.experiment_id in (${sql.join(ids)})`;
}

// The order that an index serves as it is.
function isNewestFirst({ field, direction }: RunOrder): boolean {
  return field.kind === 'attribute' && field.name === 'startedAt' && direction === 'desc';
}

function orderTerm({ field, direction }: RunOrder, index: number, joins: RawBuilder<unknown>[]): OrderTerm {
  if (field.kind === 'attribute') {
    const value = attributeSql(field.name);
    const type = isNumber(field.name) ? 'number' : 'string';
    if (!missing.has(field.name)) return { value, type, direction };
    return { value, type, direction, rank: sql`case when ${value} is null then 2 else 0 end` };
  }
  const alias = `ordering_${index}`;
  const table = field.kind === 'metric' ? 'metric_series' : field.kind === 'tag' ? 'run_tags' : 'run_params';
  joins.push(sql`left join ${sql.table(table)} as ${sql.ref(alias)}
    on ${sql.ref(`${alias}.run_id`)} = runs.id and ${sql.ref(`${alias}.name`)} = ${field.name}`);
  const value = sql`${sql.ref(`${alias}.value`)}`;
  if (field.kind !== 'metric') {
    const rank = sql<number>`case when ${value} is null then 2 else 0 end`;
    return { value, type: 'string', direction, rank };
  }
  const rank = sql<number>`coalesce(${sql.ref(`${alias}.is_nan`)}, 2)`;
  return { value, type: 'number', direction, rank };
}

const attributeColumns = {
  id: 'id',
  name: 'name',
  status: 'status',
  createdBy: 'created_by',
  startedAt: 'started_at',
  finishedAt: 'finished_at',
  note: 'note',
  parentRunId: 'parent_run_id',
} as const;

/** What not every run has. */
const missing: ReadonlySet<RunAttribute> = new Set(['finishedAt', 'duration', 'parentRunId', 'note']);

function isNumber(name: RunAttribute): boolean {
  return name === 'startedAt' || name === 'finishedAt' || name === 'duration';
}

export function attributeSql(name: RunAttribute): RawBuilder<unknown> {
  if (name === 'userName') return sql`coalesce(runs.user_name, runs.created_by)`;
  if (name === 'duration') return sql`(runs.finished_at - runs.started_at)`;
  if (name === 'experiment')
    return sql`(select experiments.name from experiments where experiments.id = runs.experiment_id)`;
  // A note that says nothing is none.
  if (name === 'note') return sql`nullif(runs.note, '')`;
  if (name === 'artifactLocation') {
    return sql`((select artifact_location from experiments where experiments.id = runs.experiment_id)
      || '/' || runs.id || '/artifacts')`;
  }
  return sql`${sql.ref(`runs.${attributeColumns[name]}`)}`;
}

export const entryTables = { param: 'run_params', tag: 'run_tags' } as const;

function conditionSql(condition: RunCondition): RawBuilder<SqlBool> {
  const { field, operator } = condition;
  if (field.kind === 'attribute') return comparison(attributeSql(field.name), condition);
  if (field.kind === 'dataset') {
    const column = field.name === 'context' ? 'run_datasets.context' : `logged_datasets.${field.name}`;
    return sql<SqlBool>`exists (
      select 1 from run_datasets join logged_datasets on logged_datasets.id = run_datasets.dataset_id
      where run_datasets.run_id = runs.id and ${comparison(sql.ref(column), condition)})`;
  }
  if (field.kind === 'metric') {
    const compared = comparison(sql.ref('metric_series.value'), condition);
    // NaN differs from every number and compares with none.
    const isNan = sql.raw(operator === '!=' ? 'is_nan = 1 or is_nan = 0 and' : 'is_nan = 0 and');
    return sql<SqlBool>`exists (
      select 1 from metric_series
      where metric_series.run_id = runs.id and metric_series.name = ${field.name} and (${isNan} ${compared}))`;
  }
  const table = entryTables[field.kind];
  const named = sql`select 1 from ${sql.table(table)}
    where ${sql.ref(`${table}.run_id`)} = runs.id and ${sql.ref(`${table}.name`)} = ${field.name}`;
  if (operator === 'is null') return sql<SqlBool>`not exists (${named})`;
  if (operator === 'is not null') return sql<SqlBool>`exists (${named})`;
  return sql<SqlBool>`exists (${named} and ${comparison(sql.ref(`${table}.value`), condition)})`;
}
