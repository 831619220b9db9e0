import type { JsonValue, PipelineRunStatus } from '@esteira/contracts';
import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { PipelineRun } from './pipeline-run.ts';

interface PipelineRunTables {
  pipeline_runs: {
    id: string;
    workspace: string;
    pipeline: string;
    project: string;
    spec_version: number;
    spec_digest: string;
    trigger: string;
    parameters: string;
    refresh: number;
    status: string;
    reason: string | null;
    cancel_requested: number;
    resumes: number;
    unfinished: number;
    tracking_run_id: string;
    created_by: string;
    created_at: number;
    started_at: number | null;
    finished_at: number | null;
  };
}

export async function insertPipelineRun(
  tx: SqlTransaction,
  run: PipelineRun,
  unfinished: number,
): Promise<void> {
  await tx
    .query<PipelineRunTables>()
    .insertInto('pipeline_runs')
    .values({
      id: run.id,
      workspace: run.workspace,
      pipeline: run.pipeline,
      project: run.project,
      spec_version: run.specVersion,
      spec_digest: run.specDigest,
      trigger: run.trigger,
      parameters: JSON.stringify(run.parameters),
      refresh: run.refresh ? 1 : 0,
      status: run.status,
      reason: null,
      cancel_requested: 0,
      resumes: 0,
      unfinished,
      tracking_run_id: run.trackingRunId,
      created_by: run.createdBy,
      created_at: run.createdAt,
      started_at: null,
      finished_at: null,
    })
    .execute();
}

export async function findPipelineRun(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<PipelineRun | undefined> {
  const row = await reader
    .query<PipelineRunTables>()
    .selectFrom('pipeline_runs')
    .selectAll()
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row === undefined ? undefined : toPipelineRun(row);
}

export interface PipelineRunFilter {
  readonly pipeline?: string | undefined;
  readonly project?: string | undefined;
  readonly status?: PipelineRunStatus | undefined;
  readonly trigger?: string | undefined;
  /** Key `[createdAt, id]` of the last run of the page before. */
  readonly after?: readonly (string | number)[] | undefined;
  readonly limit: number;
}

/** Runs, newest first. */
export async function listPipelineRuns(
  reader: SqlReader,
  workspace: string,
  filter: PipelineRunFilter,
): Promise<readonly PipelineRun[]> {
  let query = reader
    .query<PipelineRunTables>()
    .selectFrom('pipeline_runs')
    .selectAll()
    .where('workspace', '=', workspace);
  if (filter.pipeline !== undefined) query = query.where('pipeline', '=', filter.pipeline);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.trigger !== undefined) query = query.where('trigger', '=', filter.trigger);
  if (filter.after !== undefined) {
    const [createdAt, id] = filter.after;
    query = query.where(sql<boolean>`(created_at, id) < (${createdAt}, ${id})`);
  }
  const rows = await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute();
  return rows.map(toPipelineRun);
}

export async function updatePipelineRun(
  tx: SqlTransaction,
  id: string,
  change: {
    status?: PipelineRunStatus;
    reason?: string | null;
    cancelRequested?: boolean;
    resumes?: number;
    unfinished?: number;
    startedAt?: number;
    finishedAt?: number | null;
  },
): Promise<void> {
  await tx
    .query<PipelineRunTables>()
    .updateTable('pipeline_runs')
    .set({
      ...(change.status === undefined ? {} : { status: change.status }),
      ...(change.reason === undefined ? {} : { reason: change.reason }),
      ...(change.cancelRequested === undefined ? {} : { cancel_requested: change.cancelRequested ? 1 : 0 }),
      ...(change.resumes === undefined ? {} : { resumes: change.resumes }),
      ...(change.unfinished === undefined ? {} : { unfinished: change.unfinished }),
      ...(change.startedAt === undefined ? {} : { started_at: change.startedAt }),
      ...(change.finishedAt === undefined ? {} : { finished_at: change.finishedAt }),
    })
    .where('id', '=', id)
    .execute();
}

/** Counts `ended` more steps of the run as ended; returns how many have not. */
export async function countEnded(tx: SqlTransaction, id: string, ended: number): Promise<number> {
  const row = await tx
    .query<PipelineRunTables>()
    .updateTable('pipeline_runs')
    .set((row) => ({ unfinished: row('unfinished', '-', ended) }))
    .where('id', '=', id)
    .returning('unfinished')
    .executeTakeFirstOrThrow();
  return row.unfinished;
}

function toPipelineRun(row: PipelineRunTables['pipeline_runs']): PipelineRun {
  return {
    id: row.id,
    workspace: row.workspace,
    pipeline: row.pipeline,
    project: row.project,
    specVersion: row.spec_version,
    specDigest: row.spec_digest,
    trigger: row.trigger,
    parameters: JSON.parse(row.parameters) as Record<string, JsonValue>,
    refresh: row.refresh === 1,
    status: row.status as PipelineRunStatus,
    reason: row.reason ?? undefined,
    cancelRequested: row.cancel_requested === 1,
    resumes: row.resumes,
    trackingRunId: row.tracking_run_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}
