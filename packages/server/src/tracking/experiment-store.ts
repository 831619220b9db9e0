import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Experiment } from './experiment.ts';

export interface ExperimentTables {
  experiments: {
    id: string;
    workspace: string;
    name: string;
    project: string | null;
    note: string;
    created_by: string;
    created_at: number;
    updated_at: number;
    deleted_at: number | null;
  };
}

/** Inserts the experiment; false when the name is taken. */
export async function insertExperiment(
  tx: SqlTransaction,
  workspace: string,
  experiment: Experiment,
  createdBy: string,
): Promise<boolean> {
  const result = await tx
    .query<ExperimentTables>()
    .insertInto('experiments')
    .values({
      id: experiment.id,
      workspace,
      name: experiment.name,
      project: experiment.project ?? null,
      note: experiment.note,
      created_by: createdBy,
      created_at: experiment.createdAt,
      updated_at: experiment.updatedAt,
      deleted_at: null,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function findExperiment(
  reader: SqlReader,
  workspace: string,
  by: { readonly id: string } | { readonly name: string },
): Promise<Experiment | undefined> {
  let query = reader
    .query<ExperimentTables>()
    .selectFrom('experiments')
    .selectAll()
    .where('workspace', '=', workspace);
  query = 'id' in by ? query.where('id', '=', by.id) : query.where('name', '=', by.name);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toExperiment(row);
}

/** Experiments that are not deleted, newest first, after the key `[createdAt, id]`. */
export async function listExperiments(
  reader: SqlReader,
  workspace: string,
  options: {
    project?: string | undefined;
    name?: string | undefined;
    after?: readonly (string | number)[];
    limit: number;
  },
): Promise<readonly Experiment[]> {
  let query = reader
    .query<ExperimentTables>()
    .selectFrom('experiments')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('deleted_at', 'is', null);
  if (options.project !== undefined) query = query.where('project', '=', options.project);
  if (options.name !== undefined) query = query.where('name', '=', options.name);
  if (options.after !== undefined) {
    const [createdAt, id] = options.after;
    query = query.where(sql<boolean>`(created_at, id) < (${createdAt}, ${id})`);
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(options.limit).execute();
  return rows.map(toExperiment);
}

export async function updateExperiment(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  change: {
    name?: string | undefined;
    note?: string | undefined;
    deletedAt?: number | null;
    updatedAt: number;
  },
): Promise<void> {
  await tx
    .query<ExperimentTables>()
    .updateTable('experiments')
    .set({
      updated_at: change.updatedAt,
      ...(change.name === undefined ? {} : { name: change.name }),
      ...(change.note === undefined ? {} : { note: change.note }),
      ...(change.deletedAt === undefined ? {} : { deleted_at: change.deletedAt }),
    })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

function toExperiment(row: ExperimentTables['experiments']): Experiment {
  return {
    id: row.id,
    name: row.name,
    ...(row.project === null ? {} : { project: row.project }),
    note: row.note,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}
