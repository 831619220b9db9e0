import type { FilterOperator, RegisteredModel } from '@esteira/contracts';
import { type RawBuilder, type SqlBool, sql as text } from 'kysely';
import { type Page, pagesByKey } from '../kernel/paging.ts';
import { behindOrder, inOrder, type OrderedBy } from '../storage/sql/behind-order.ts';
import { matchesPattern } from '../storage/sql/matches-pattern.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { type ModelHead, type ModelTables, toHead, withLabels } from './model-store.ts';
import { type LabelledVersion, withVersionLabels } from './version-label-store.ts';
import { toStored, type VersionRow } from './version-store.ts';

/** What a search asks of a column or a tag. */
export interface RegistryCondition<Column extends string> {
  readonly field: { readonly column: Column } | { readonly tag: string };
  readonly operator: FilterOperator;
  readonly value: number | string | readonly string[] | null;
}

export type ModelColumn = 'name' | 'createdAt' | 'updatedAt';
export type VersionColumn = 'model' | 'version' | 'runId' | 'source' | 'createdAt' | 'updatedAt';

export interface RegistryOrder<Column extends string> {
  readonly column: Column;
  readonly direction: 'asc' | 'desc';
}

export interface RegistrySearch<Column extends string> {
  readonly kind: 'model' | 'prompt';
  readonly conditions: readonly RegistryCondition<Column>[];
  /** Keys that make every row's place its own are added. */
  readonly order: readonly RegistryOrder<Column>[];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

type SearchTables = Pick<ModelTables, 'registered_models'> & { model_versions: VersionRow };

const modelColumns: Readonly<Record<ModelColumn, string>> = {
  name: 'registered_models.name',
  createdAt: 'registered_models.created_at',
  updatedAt: 'registered_models.updated_at',
};

const versionColumns: Readonly<Record<VersionColumn, string>> = {
  model: 'model_versions.model',
  version: 'model_versions.version',
  runId: 'model_versions.run_id',
  source: 'model_versions.source',
  createdAt: 'model_versions.created_at',
  updatedAt: 'model_versions.updated_at',
};

/** Models or prompts that meet every condition. A tag that is not there meets none. Throws INVALID_REQUEST for a foreign cursor. */
export async function searchModels(
  sql: SqlReader,
  workspace: string,
  search: RegistrySearch<ModelColumn>,
): Promise<Page<RegisteredModel>> {
  const order = completed(search.order, [{ column: 'name', direction: 'asc' }]);
  const keys = orderedBy(order, modelColumns);
  const pages = pagesOf<ModelHead, ModelColumn>('models', order);
  const rows = await sql
    .query<SearchTables>()
    .selectFrom('registered_models')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('kind', '=', search.kind)
    .where(meets(search.conditions, modelColumns, modelTag))
    .where(behindOrder(keys, pages.keyBehind(search.cursor)))
    .orderBy(inOrder(keys))
    .limit(search.limit + 1)
    .execute();
  const { items, nextCursor } = pages.of(rows.map(toHead), search.limit);
  const models = [...(await withLabels(sql, workspace, items))];
  return nextCursor === undefined ? { items: models } : { items: models, nextCursor };
}

/** Versions of models or prompts that meet every condition. */
export async function searchVersions(
  sql: SqlReader,
  workspace: string,
  search: RegistrySearch<VersionColumn>,
): Promise<Page<LabelledVersion>> {
  const order = completed(search.order, [
    { column: 'model', direction: 'asc' },
    { column: 'version', direction: 'desc' },
  ]);
  const keys = orderedBy(order, versionColumns);
  const pages = pagesOf<Record<VersionColumn, string | number | null>, VersionColumn>('versions', order);
  const rows = await sql
    .query<SearchTables>()
    .selectFrom('model_versions')
    .innerJoin('registered_models', (join) =>
      join
        .onRef('registered_models.workspace', '=', 'model_versions.workspace')
        .onRef('registered_models.name', '=', 'model_versions.model'),
    )
    .selectAll('model_versions')
    .where('model_versions.workspace', '=', workspace)
    .where('model_versions.deleted_at', 'is', null)
    .where('registered_models.kind', '=', search.kind)
    .where(meets(search.conditions, versionColumns, versionTag))
    .where(behindOrder(keys, pages.keyBehind(search.cursor)))
    .orderBy(inOrder(keys))
    .limit(search.limit + 1)
    .execute();
  const { items, nextCursor } = pages.of(rows.map(toStored), search.limit);
  const versions = [...(await withVersionLabels(sql, workspace, items))];
  return nextCursor === undefined ? { items: versions } : { items: versions, nextCursor };
}

function meets<Column extends string>(
  conditions: readonly RegistryCondition<Column>[],
  columns: Readonly<Record<Column, string>>,
  tagMeets: (name: string, condition: RawBuilder<SqlBool>) => RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  const all = conditions.map(({ field, operator, value }) =>
    'tag' in field
      ? tagMeets(field.tag, compares(text.ref('tag.value'), operator, value))
      : holds(text.ref(columns[field.column]), operator, value),
  );
  return all.length === 0 ? text<SqlBool>`1 = 1` : text<SqlBool>`(${text.join(all, text` and `)})`;
}

function modelTag(name: string, condition: RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  return text<SqlBool>`exists (
    select 1 from registered_model_tags as tag
    where tag.workspace = registered_models.workspace and tag.model = registered_models.name
      and tag.name = ${name} and ${condition})`;
}

function versionTag(name: string, condition: RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  return text<SqlBool>`exists (
    select 1 from model_version_tags as tag
    where tag.workspace = model_versions.workspace and tag.model = model_versions.model
      and tag.version = model_versions.version and tag.name = ${name} and ${condition})`;
}

/** A version that no run made has another run than the one that is named. */
function holds(
  column: RawBuilder<unknown>,
  operator: FilterOperator,
  value: RegistryCondition<string>['value'],
): RawBuilder<SqlBool> {
  const condition = compares(column, operator, value);
  return operator === '!=' || operator === 'not in'
    ? text<SqlBool>`(${column} is null or ${condition})`
    : condition;
}

function compares(
  column: RawBuilder<unknown>,
  operator: FilterOperator,
  value: RegistryCondition<string>['value'],
): RawBuilder<SqlBool> {
  if (operator === 'like' || operator === 'ilike') return matchesPattern(column, operator, String(value));
  if (operator === 'in' || operator === 'not in') {
    const values = Array.isArray(value) ? value : [];
    return text<SqlBool>`${column} ${text.raw(operator)} (${text.join(values)})`;
  }
  return text<SqlBool>`${column} ${text.raw(operator === '!=' ? '<>' : operator)} ${value}`;
}

function completed<Column extends string>(
  order: readonly RegistryOrder<Column>[],
  ending: readonly RegistryOrder<Column>[],
): readonly RegistryOrder<Column>[] {
  return [...order, ...ending.filter(({ column }) => !order.some((key) => key.column === column))];
}

function orderedBy<Column extends string>(
  order: readonly RegistryOrder<Column>[],
  columns: Readonly<Record<Column, string>>,
): readonly OrderedBy[] {
  return order.map(({ column, direction }) => ({ by: text.ref(columns[column]), direction }));
}

/** Cursors name their order: the place in one order is none in another. */
function pagesOf<Row, Column extends string>(list: string, order: readonly RegistryOrder<Column>[]) {
  const name = `${list} by ${order.map(({ column, direction }) => `${column} ${direction}`).join()}`;
  const shape = order.map(({ column }) => (textColumns.has(column) ? 'string' : 'number'));
  const keyOf = (row: Row) =>
    order.map(({ column }) => (row as Record<string, string | number>)[column] ?? '');
  return pagesByKey(name, shape as ('string' | 'number')[], keyOf as (row: Row) => number[]);
}

const textColumns: ReadonlySet<string> = new Set(['name', 'model', 'runId', 'source']);
