import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Experiment } from './experiment.ts';

export interface ExperimentTables {
  experiments: {
    id: string;
    workspace: string;
    number: number;
    name: string;
    project: string | null;
    note: string;
    artifact_location: string;
    created_by: string;
    created_at: number;
    updated_at: number;
    deleted_at: number | null;
  };
  experiment_numbers: { workspace: string; last: number; revision: string };
}

/** A number that no experiment of the workspace has had. */
export async function nextExperimentNumber(tx: SqlTransaction, workspace: string): Promise<number> {
  const { last } = await tx
    .query<ExperimentTables>()
    .insertInto('experiment_numbers')
    .values({ workspace, last: 1, revision: '' })
    .onConflict((conflict) =>
      conflict.column('workspace').doUpdateSet({ last: sql<number>`experiment_numbers.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow();
  return last;
}

/** Numbers to come are above this one. */
export async function raiseExperimentNumber(
  tx: SqlTransaction,
  workspace: string,
  number: number,
): Promise<void> {
  await tx
    .query<ExperimentTables>()
    .insertInto('experiment_numbers')
    .values({ workspace, last: number, revision: '' })
    .onConflict((conflict) =>
      conflict
        .column('workspace')
        .doUpdateSet({ last: number })
        .where('experiment_numbers.last', '<', number),
    )
    .execute();
}

/** Gives an experiment the words and times that it had elsewhere. */
export async function rewriteExperiment(
  tx: SqlTransaction,
  id: string,
  words: {
    readonly note: string;
    readonly createdAt: number;
    readonly updatedAt: number;
    readonly deletedAt: number | null;
  },
): Promise<void> {
  const { note, createdAt, updatedAt, deletedAt } = words;
  await tx
    .query<ExperimentTables>()
    .updateTable('experiments')
    .set({ note, created_at: createdAt, updated_at: updatedAt, deleted_at: deletedAt })
    .where('id', '=', id)
    .execute();
}

/** Inserts the experiment; false when the name or the number is taken. */
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
      number: experiment.number,
      name: experiment.name,
      project: experiment.project ?? null,
      note: experiment.note,
      artifact_location: experiment.artifactLocation,
      created_by: createdBy,
      created_at: experiment.createdAt,
      updated_at: experiment.updatedAt,
      deleted_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function findExperiment(
  reader: SqlReader,
  workspace: string,
  by: { readonly id: string } | { readonly name: string } | { readonly number: number },
): Promise<Experiment | undefined> {
  let query = reader
    .query<ExperimentTables>()
    .selectFrom('experiments')
    .selectAll()
    .where('workspace', '=', workspace);
  if ('id' in by) query = query.where('id', '=', by.id);
  else if ('name' in by) query = query.where('name', '=', by.name);
  else query = query.where('number', '=', by.number);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toExperiment(row);
}

/** The experiments with these numbers, in no order. */
export async function findExperimentsByNumber(
  reader: SqlReader,
  workspace: string,
  numbers: readonly number[],
): Promise<readonly Experiment[]> {
  const found: Experiment[] = [];
  for (let start = 0; start < numbers.length; start += numbersPerQuery) {
    const rows = await reader
      .query<ExperimentTables>()
      .selectFrom('experiments')
      .selectAll()
      .where('workspace', '=', workspace)
      .where('number', 'in', numbers.slice(start, start + numbersPerQuery))
      .execute();
    found.push(...rows.map(toExperiment));
  }
  return found;
}

// Engines bound the number of parameters of one statement.
const numbersPerQuery = 1000;

/** Experiments that are not deleted, newest first, after the key `[createdAt, id]`. */
export async function listExperiments(
  reader: SqlReader,
  workspace: string,
  options: {
    project?: string | undefined;
    name?: string | undefined;
    number?: number | undefined;
    /** The deleted ones in place of the others. */
    deleted: boolean;
    after?: readonly (string | number)[];
    limit: number;
  },
): Promise<readonly Experiment[]> {
  let query = reader
    .query<ExperimentTables>()
    .selectFrom('experiments')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('deleted_at', options.deleted ? 'is not' : 'is', null);
  if (options.project !== undefined) query = query.where('project', '=', options.project);
  if (options.name !== undefined) query = query.where('name', '=', options.name);
  if (options.number !== undefined) query = query.where('number', '=', options.number);
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

/** The one place where a row becomes an experiment. */
export function toExperiment(row: ExperimentTables['experiments']): Experiment {
  return {
    id: row.id,
    number: row.number,
    name: row.name,
    ...(row.project === null ? {} : { project: row.project }),
    note: row.note,
    artifactLocation: row.artifact_location,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}
