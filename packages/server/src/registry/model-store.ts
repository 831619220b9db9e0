import type { RegisteredModel } from '@esteira/contracts';
import { sql as text } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

export interface ModelTables {
  registered_models: {
    workspace: string;
    name: string;
    kind: 'model' | 'prompt';
    project: string;
    description: string;
    created_by: string;
    created_at: number;
    updated_at: number;
    last_version: number;
  };
  model_versions: { workspace: string; model: string; version: number; deleted_at: number | null };
  model_aliases: { workspace: string; model: string; alias: string; version: number; updated_at: number };
  registered_model_tags: { workspace: string; model: string; name: string; value: string };
  model_version_tags: { workspace: string; model: string };
}

/** A model without what hangs on it. */
export type ModelHead = Omit<RegisteredModel, 'latestVersion' | 'aliases' | 'tags'>;

export async function insertModel(tx: SqlTransaction, workspace: string, model: ModelHead): Promise<void> {
  await tx
    .query<ModelTables>()
    .insertInto('registered_models')
    .values({
      workspace,
      name: model.name,
      kind: model.kind,
      project: model.project,
      description: model.description,
      created_by: model.createdBy,
      created_at: model.createdAt,
      updated_at: model.updatedAt,
      last_version: 0,
    })
    .execute();
}

export async function findModelHead(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<ModelHead | undefined> {
  const row = await sql
    .query<ModelTables>()
    .selectFrom('registered_models')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && toHead(row);
}

export async function findModel(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<RegisteredModel | undefined> {
  const head = await findModelHead(sql, workspace, name);
  return head && (await withLabels(sql, workspace, [head]))[0];
}

/** Models, or prompts where those are asked for, by name; `after` is the last name of the page before. */
export async function listModels(
  sql: SqlReader,
  workspace: string,
  filter: {
    kind?: ModelHead['kind'];
    project?: string | undefined;
    after?: string | undefined;
    limit: number;
  },
): Promise<readonly RegisteredModel[]> {
  let query = sql
    .query<ModelTables>()
    .selectFrom('registered_models')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('kind', '=', filter.kind ?? 'model');
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.after !== undefined) query = query.where('name', '>', filter.after);
  const rows = await query.orderBy('name').limit(filter.limit).execute();
  return await withLabels(sql, workspace, rows.map(toHead));
}

export async function updateModel(
  tx: SqlTransaction,
  workspace: string,
  name: string,
  change: { kind?: ModelHead['kind']; description?: string; updatedAt: number },
): Promise<void> {
  const { kind, description, updatedAt } = change;
  await tx
    .query<ModelTables>()
    .updateTable('registered_models')
    .set({
      updated_at: updatedAt,
      ...(kind === undefined ? {} : { kind }),
      ...(description === undefined ? {} : { description }),
    })
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .execute();
}

/** Counts the versions of a model: each number is given once, whoever asks at the same time. */
export async function nextVersionNumber(
  tx: SqlTransaction,
  workspace: string,
  name: string,
  at: number,
): Promise<number> {
  const row = await tx
    .query<ModelTables>()
    .updateTable('registered_models')
    .set((set) => ({ last_version: set('last_version', '+', 1), updated_at: at }))
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .returning('last_version')
    .executeTakeFirstOrThrow();
  return row.last_version;
}

/** Numbers of versions to come are above this one. */
export async function raiseVersionNumber(
  tx: SqlTransaction,
  workspace: string,
  name: string,
  number: number,
): Promise<void> {
  await tx
    .query<ModelTables>()
    .updateTable('registered_models')
    .set({ last_version: number })
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .where('last_version', '<', number)
    .execute();
}

/** Gives a model and all that belongs to it another name. */
export async function moveModel(
  tx: SqlTransaction,
  workspace: string,
  names: { from: string; to: string },
  updatedAt: number,
): Promise<void> {
  const query = tx.query<ModelTables>();
  await query
    .updateTable('registered_models')
    .set({ name: names.to, updated_at: updatedAt })
    .where('workspace', '=', workspace)
    .where('name', '=', names.from)
    .execute();
  await text`
    update model_versions set model = ${names.to}, updated_at = ${updatedAt}
    where workspace = ${workspace} and model = ${names.from}`.execute(query);
  for (const table of belongings) {
    await query
      .updateTable(table)
      .set({ model: names.to })
      .where('workspace', '=', workspace)
      .where('model', '=', names.from)
      .execute();
  }
}

/** Deletes a model with its versions, aliases and tags. */
export async function removeModel(tx: SqlTransaction, workspace: string, name: string): Promise<void> {
  const query = tx.query<ModelTables>();
  for (const table of ['model_versions', ...belongings] as const) {
    await query.deleteFrom(table).where('workspace', '=', workspace).where('model', '=', name).execute();
  }
  await query
    .deleteFrom('registered_models')
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .execute();
}

export async function putAlias(
  tx: SqlTransaction,
  workspace: string,
  alias: { model: string; alias: string; version: number; updatedAt: number },
): Promise<void> {
  const { version, updatedAt } = alias;
  await tx
    .query<ModelTables>()
    .insertInto('model_aliases')
    .values({ workspace, model: alias.model, alias: alias.alias, version, updated_at: updatedAt })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'model', 'alias']).doUpdateSet({ version, updated_at: updatedAt }),
    )
    .execute();
}

/** Takes aliases away: one by its name, or all of a version. */
export async function removeAliases(
  tx: SqlTransaction,
  workspace: string,
  model: string,
  which: { alias: string } | { version: number },
): Promise<void> {
  let query = tx
    .query<ModelTables>()
    .deleteFrom('model_aliases')
    .where('workspace', '=', workspace)
    .where('model', '=', model);
  query =
    'alias' in which ? query.where('alias', '=', which.alias) : query.where('version', '=', which.version);
  await query.execute();
}

/** Aliases of models, by model and alias. */
export async function listAliases(
  sql: SqlReader,
  workspace: string,
  models: readonly string[],
): Promise<readonly { model: string; alias: string; version: number }[]> {
  if (models.length === 0) return [];
  return await sql
    .query<ModelTables>()
    .selectFrom('model_aliases')
    .select(['model', 'alias', 'version'])
    .where('workspace', '=', workspace)
    .where('model', 'in', models)
    .orderBy('model')
    .orderBy('alias')
    .execute();
}

export async function putModelTag(
  tx: SqlTransaction,
  workspace: string,
  tag: { model: string; name: string; value: string },
): Promise<void> {
  await tx
    .query<ModelTables>()
    .insertInto('registered_model_tags')
    .values({ workspace, ...tag })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'model', 'name']).doUpdateSet({ value: tag.value }),
    )
    .execute();
}

export async function removeModelTag(
  tx: SqlTransaction,
  workspace: string,
  tag: { model: string; name: string },
): Promise<void> {
  await tx
    .query<ModelTables>()
    .deleteFrom('registered_model_tags')
    .where('workspace', '=', workspace)
    .where('model', '=', tag.model)
    .where('name', '=', tag.name)
    .execute();
}

/** Models with their aliases, tags and newest numbers, by three statements, whatever their number. */
export async function withLabels(
  sql: SqlReader,
  workspace: string,
  heads: readonly ModelHead[],
): Promise<readonly RegisteredModel[]> {
  const names = heads.map(({ name }) => name);
  if (names.length === 0) return [];
  const aliases = await listAliases(sql, workspace, names);
  const tags = await sql
    .query<ModelTables>()
    .selectFrom('registered_model_tags')
    .select(['model', 'name', 'value'])
    .where('workspace', '=', workspace)
    .where('model', 'in', names)
    .orderBy('model')
    .orderBy('name')
    .execute();
  const newest = await sql
    .query<ModelTables>()
    .selectFrom('model_versions')
    .select(({ fn }) => ['model', fn.max('version').as('version')])
    .where('workspace', '=', workspace)
    .where('model', 'in', names)
    .where('deleted_at', 'is', null)
    .groupBy('model')
    .execute();
  const models = heads.map((head) => ({
    ...head,
    latestVersion: 0,
    aliases: {} as Record<string, number>,
    tags: {} as Record<string, string>,
  }));
  const byName = new Map(models.map((model) => [model.name, model]));
  for (const { model, alias, version } of aliases) setOwn(byName.get(model)?.aliases, alias, version);
  for (const { model, name, value } of tags) setOwn(byName.get(model)?.tags, name, value);
  for (const { model, version } of newest) {
    const found = byName.get(model);
    if (found !== undefined) found.latestVersion = Number(version);
  }
  return models;
}

/** Names of tags are free, `__proto__` included. */
export function setOwn<T>(record: Record<string, T> | undefined, name: string, value: T): void {
  if (record !== undefined)
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
}

const belongings = ['model_aliases', 'registered_model_tags', 'model_version_tags'] as const;

export function toHead(row: ModelTables['registered_models']): ModelHead {
  return {
    name: row.name,
    kind: row.kind,
    project: row.project,
    description: row.description,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
