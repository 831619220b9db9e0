import type { RunSource, RunStatus } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { ExperimentTables } from './experiment-store.ts';
import type { RunHead } from './run.ts';

export interface RunTables extends ExperimentTables {
  runs: {
    id: string;
    workspace: string;
    experiment_id: string;
    project: string | null;
    name: string;
    parent_run_id: string | null;
    status: string;
    source: string;
    note: string;
    created_by: string;
    user_name: string | null;
    started_at: number;
    finished_at: number | null;
    deleted_at: number | null;
    revision: string;
  };
}

/** What a run shows of itself. */
export type RunRow = Omit<RunTables['runs'], 'workspace' | 'revision'>;

/** What it shows of its experiment. */
export interface ExperimentOfRun {
  readonly experiment: string;
  readonly experiment_number: number;
  readonly experiment_location: string;
  readonly experiment_deleted_at: number | null;
}

export const experimentColumns = [
  'experiments.name as experiment',
  'experiments.number as experiment_number',
  'experiments.artifact_location as experiment_location',
  'experiments.deleted_at as experiment_deleted_at',
] as const;

export async function insertRun(
  tx: SqlTransaction,
  workspace: string,
  run: RunHead,
  revision: string,
): Promise<void> {
  await tx
    .query<RunTables>()
    .insertInto('runs')
    .values({
      id: run.id,
      workspace,
      experiment_id: run.experimentId,
      project: run.project ?? null,
      name: run.name,
      parent_run_id: run.parentRunId ?? null,
      status: run.status,
      source: JSON.stringify(run.source),
      note: run.note,
      created_by: run.createdBy,
      user_name: run.userName ?? null,
      started_at: run.startedAt,
      finished_at: run.finishedAt ?? null,
      deleted_at: null,
      revision,
    })
    .execute();
}

export async function findRunHead(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<RunHead | undefined> {
  const row = await reader
    .query<RunTables>()
    .selectFrom('runs')
    .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
    .selectAll('runs')
    .select(experimentColumns)
    .where('runs.id', '=', id)
    .where('runs.workspace', '=', workspace)
    .executeTakeFirst();
  return row === undefined ? undefined : toRunHead(row, row);
}

/** One of the ids that is a run of the experiment; undefined when none is. */
export async function findRunIn(
  reader: SqlReader,
  experimentId: string,
  ids: readonly string[],
): Promise<string | undefined> {
  if (ids.length === 0) return undefined;
  const row = await reader
    .query<RunTables>()
    .selectFrom('runs')
    .select('id')
    .where('experiment_id', '=', experimentId)
    .where('id', 'in', ids)
    .executeTakeFirst();
  return row?.id;
}

/** Whether an experiment has runs, deleted ones too. */
export async function holdsRuns(reader: SqlReader, experimentId: string): Promise<boolean> {
  const row = await reader
    .query<RunTables>()
    .selectFrom('runs')
    .select('id')
    .where('experiment_id', '=', experimentId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Direct children that are not deleted, oldest first, at most 1000. */
export async function listChildren(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<readonly RunHead[]> {
  const rows = await reader
    .query<RunTables>()
    .selectFrom('runs')
    .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
    .selectAll('runs')
    .select(experimentColumns)
    .where('runs.parent_run_id', '=', id)
    .where('runs.workspace', '=', workspace)
    .where('runs.deleted_at', 'is', null)
    .orderBy('runs.started_at')
    .orderBy('runs.id')
    .limit(1000)
    .execute();
  return rows.map((row) => toRunHead(row, row));
}

export async function updateRun(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  change: {
    name?: string | undefined;
    note?: string | undefined;
    parentRunId?: string | null | undefined;
    status?: RunStatus | undefined;
    finishedAt?: number | null;
    deletedAt?: number | null;
  },
): Promise<void> {
  const values = {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.note === undefined ? {} : { note: change.note }),
    ...(change.parentRunId === undefined ? {} : { parent_run_id: change.parentRunId }),
    ...(change.status === undefined ? {} : { status: change.status }),
    ...(change.finishedAt === undefined ? {} : { finished_at: change.finishedAt }),
    ...(change.deletedAt === undefined ? {} : { deleted_at: change.deletedAt }),
  };
  if (Object.keys(values).length === 0) return;
  await tx
    .query<RunTables>()
    .updateTable('runs')
    .set(values)
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .execute();
}

/** The one place where a row becomes a run. */
export function toRunHead(row: RunRow, experiment: ExperimentOfRun): RunHead {
  return {
    id: row.id,
    experimentId: row.experiment_id,
    experiment: experiment.experiment,
    experimentNumber: experiment.experiment_number,
    experimentDeleted: experiment.experiment_deleted_at !== null,
    artifactLocation: runLocation(experiment.experiment_location, row.id),
    ...(row.project === null ? {} : { project: row.project }),
    name: row.name,
    ...(row.parent_run_id === null ? {} : { parentRunId: row.parent_run_id }),
    status: row.status as RunStatus,
    source: JSON.parse(row.source) as RunSource,
    note: row.note,
    createdBy: row.created_by,
    ...(row.user_name === null ? {} : { userName: row.user_name }),
    startedAt: row.started_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at }),
  };
}

/** Where the artifacts of a run are said to lie, in the location of its experiment. */
export function runLocation(experimentLocation: string, runId: string): string {
  return `${experimentLocation}/${runId}/artifacts`;
}
