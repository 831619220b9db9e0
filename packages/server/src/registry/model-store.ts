import type { RegisteredModel } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface ModelTables {
  registered_models: {
    workspace: string;
    name: string;
    project: string;
    description: string;
    created_by: string;
    created_at: number;
  };
  model_versions: { workspace: string; model: string; version: number };
  model_aliases: { workspace: string; model: string; alias: string; version: number; updated_at: number };
}

type ModelHead = Omit<RegisteredModel, 'latestVersion' | 'aliases'>;

export async function insertModel(tx: SqlTransaction, workspace: string, model: ModelHead): Promise<void> {
  await tx
    .query<ModelTables>()
    .insertInto('registered_models')
    .values({
      workspace,
      name: model.name,
      project: model.project,
      description: model.description,
      created_by: model.createdBy,
      created_at: model.createdAt,
    })
    .execute();
}

export async function findModel(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<RegisteredModel | undefined> {
  const row = await sql
    .query<ModelTables>()
    .selectFrom('registered_models')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && (await withVersions(sql, row));
}

/** By name; `after` is the last name of the page before. */
export async function listModels(
  sql: SqlReader,
  workspace: string,
  filter: { project?: string | undefined; after?: string | undefined; limit: number },
): Promise<readonly RegisteredModel[]> {
  let query = sql
    .query<ModelTables>()
    .selectFrom('registered_models')
    .selectAll()
    .where('workspace', '=', workspace);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.after !== undefined) query = query.where('name', '>', filter.after);
  const rows = await query.orderBy('name').limit(filter.limit).execute();
  const models: RegisteredModel[] = [];
  for (const row of rows) models.push(await withVersions(sql, row));
  return models;
}

export async function setAlias(
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

async function withVersions(sql: SqlReader, row: ModelTables['registered_models']): Promise<RegisteredModel> {
  const aliases = await sql
    .query<ModelTables>()
    .selectFrom('model_aliases')
    .select(['alias', 'version'])
    .where('workspace', '=', row.workspace)
    .where('model', '=', row.name)
    .orderBy('alias')
    .execute();
  const latest = await sql
    .query<ModelTables>()
    .selectFrom('model_versions')
    .select((select) => select.fn.max('version').as('version'))
    .where('workspace', '=', row.workspace)
    .where('model', '=', row.name)
    .executeTakeFirst();
  return {
    name: row.name,
    project: row.project,
    description: row.description,
    latestVersion: Number(latest?.version ?? 0),
    aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
