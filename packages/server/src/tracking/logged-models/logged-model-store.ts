import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { metricsOfModels } from '../model-metric-store.ts';
import type { RunTables } from '../run-store.ts';
import type { LoggedModel, LoggedModelRecord, LoggedModelStatus } from './logged-model.ts';

interface LoggedModelTables extends RunTables {
  logged_models: {
    id: string;
    workspace: string;
    experiment_id: string;
    name: string;
    model_type: string;
    source_run_id: string | null;
    status: LoggedModelStatus;
    created_by: string;
    created_at: number;
    updated_at: number;
    deleted_at: number | null;
  };
  logged_model_params: { model_id: string; name: string; value: string };
  logged_model_tags: { model_id: string; name: string; value: string };
}

/** A row with what it needs of its experiment. */
export type LoggedModelRow = LoggedModelTables['logged_models'] & {
  experiment_number: number;
  experiment_location: string;
};

export async function insertLoggedModel(
  tx: SqlTransaction,
  workspace: string,
  model: LoggedModel,
): Promise<void> {
  await tx
    .query<LoggedModelTables>()
    .insertInto('logged_models')
    .values({
      id: model.id,
      workspace,
      experiment_id: model.experimentId,
      name: model.name,
      model_type: model.type,
      source_run_id: model.sourceRunId,
      status: model.status,
      created_by: model.createdBy,
      created_at: model.createdAt,
      updated_at: model.updatedAt,
      deleted_at: null,
    })
    .execute();
}

/** Unless it was deleted, or when those are asked for too. */
export async function findLoggedModel(
  reader: SqlReader,
  workspace: string,
  id: string,
  which: 'standing' | 'all' = 'standing',
): Promise<(LoggedModel & { readonly deletedAt: number | null }) | undefined> {
  let query = reader
    .query<LoggedModelTables>()
    .selectFrom('logged_models')
    .innerJoin('experiments', 'experiments.id', 'logged_models.experiment_id')
    .selectAll('logged_models')
    .select([
      'experiments.number as experiment_number',
      'experiments.artifact_location as experiment_location',
    ])
    .where('logged_models.workspace', '=', workspace)
    .where('logged_models.id', '=', id);
  if (which === 'standing') query = query.where('logged_models.deleted_at', 'is', null);
  const row = await query.executeTakeFirst();
  return row && { ...toLoggedModel(row), deletedAt: row.deleted_at };
}

/** Of one in whatever workspace; undefined when there is none. */
export async function workspaceOfLoggedModel(reader: SqlReader, id: string): Promise<string | undefined> {
  const row = await reader
    .query<LoggedModelTables>()
    .selectFrom('logged_models')
    .select('workspace')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.workspace;
}

export async function updateLoggedModel(
  tx: SqlTransaction,
  id: string,
  change: { status?: LoggedModelStatus; deletedAt?: number; updatedAt: number },
): Promise<void> {
  const { status, deletedAt, updatedAt } = change;
  await tx
    .query<LoggedModelTables>()
    .updateTable('logged_models')
    .set({
      updated_at: updatedAt,
      ...(status === undefined ? {} : { status }),
      ...(deletedAt === undefined ? {} : { deleted_at: deletedAt }),
    })
    .where('id', '=', id)
    .execute();
}

/** Keeps parameters that are not there yet. Returns one that has another value already. */
export async function insertLoggedModelParams(
  tx: SqlTransaction,
  id: string,
  params: Readonly<Record<string, string>>,
): Promise<{ name: string; stored: string; sent: string } | undefined> {
  const entries = Object.entries(params);
  if (entries.length === 0) return undefined;
  const rows = await tx
    .query<LoggedModelTables>()
    .selectFrom('logged_model_params')
    .select(['name', 'value'])
    .where('model_id', '=', id)
    .execute();
  const known = new Map(rows.map(({ name, value }) => [name, value]));
  const fresh: { model_id: string; name: string; value: string }[] = [];
  for (const [name, value] of entries) {
    const stored = known.get(name);
    if (stored === undefined) fresh.push({ model_id: id, name, value });
    else if (stored !== value) return { name, stored, sent: value };
  }
  for (let start = 0; start < fresh.length; start += 1000)
    await tx
      .query<LoggedModelTables>()
      .insertInto('logged_model_params')
      .values(fresh.slice(start, start + 1000))
      .execute();
  return undefined;
}

export async function putLoggedModelTags(
  tx: SqlTransaction,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([name, value]) => ({ model_id: id, name, value }));
  for (let start = 0; start < rows.length; start += 1000)
    await tx
      .query<LoggedModelTables>()
      .insertInto('logged_model_tags')
      .values(rows.slice(start, start + 1000))
      .onConflict((conflict) =>
        conflict.columns(['model_id', 'name']).doUpdateSet((row) => ({ value: row.ref('excluded.value') })),
      )
      .execute();
}

/** False when there was no such tag. */
export async function removeLoggedModelTag(tx: SqlTransaction, id: string, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .query<LoggedModelTables>()
    .deleteFrom('logged_model_tags')
    .where('model_id', '=', id)
    .where('name', '=', name)
    .executeTakeFirst();
  return Number(numDeletedRows) > 0;
}

export async function findLoggedModelTag(
  reader: SqlReader,
  id: string,
  name: string,
): Promise<string | undefined> {
  const row = await reader
    .query<LoggedModelTables>()
    .selectFrom('logged_model_tags')
    .select('value')
    .where('model_id', '=', id)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value;
}

/** Models with parameters, tags and metrics, by three statements, whatever their number: at most 1000. */
export async function completeLoggedModels(
  reader: SqlReader,
  models: readonly LoggedModel[],
): Promise<readonly LoggedModelRecord[]> {
  const ids = models.map(({ id }) => id);
  const params = await entriesOf(reader, 'logged_model_params', ids);
  const tags = await entriesOf(reader, 'logged_model_tags', ids);
  const metrics = Map.groupBy(await metricsOfModels(reader, ids), ({ modelId }) => modelId);
  return models.map((model) => ({
    ...model,
    params: params.get(model.id) ?? {},
    tags: tags.get(model.id) ?? {},
    metrics: metrics.get(model.id) ?? [],
  }));
}

async function entriesOf(
  reader: SqlReader,
  table: 'logged_model_params' | 'logged_model_tags',
  ids: readonly string[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  if (ids.length === 0) return new Map();
  const rows = await reader
    .query<LoggedModelTables>()
    .selectFrom(table)
    .selectAll()
    .where('model_id', 'in', ids)
    .orderBy('model_id')
    .orderBy('name')
    .execute();
  const byModel = Map.groupBy(rows, (row) => row.model_id);
  // Names are free: `__proto__` is one like any other.
  return new Map(
    [...byModel].map(([id, own]) => [id, Object.fromEntries(own.map(({ name, value }) => [name, value]))]),
  );
}

export function toLoggedModel(row: LoggedModelRow): LoggedModel {
  return {
    id: row.id,
    experimentId: row.experiment_id,
    experimentNumber: row.experiment_number,
    name: row.name,
    type: row.model_type,
    sourceRunId: row.source_run_id,
    status: row.status,
    artifactLocation: artifactLocationOfModel(row.experiment_location, row.id),
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function artifactLocationOfModel(experimentLocation: string, id: string): string {
  return `${experimentLocation.replace(/\/+$/, '')}/models/${id}/artifacts`;
}
