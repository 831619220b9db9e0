import type { RetrainingRun } from '@esteira/contracts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface RunTables {
  retraining_runs: {
    workspace: string;
    id: string;
    policy: string;
    endpoint: string;
    pipeline: string;
    trigger: string;
    cause: string | null;
    monitor_id: string | null;
    alert_id: string | null;
    window_start: number | null;
    window_end: number | null;
    decision: string | null;
    reason: string;
    parameters: string;
    pipeline_run_id: string | null;
    evaluation_id: string | null;
    model_version_id: string | null;
    comparison: string | null;
    change_id: string | null;
    created_by: string;
    created_at: number;
    finished_at: number | null;
  };
}

export interface StoredRetraining extends RetrainingRun {
  /** The alert and its window: the same cause makes one retraining, or one that is skipped. */
  readonly cause: string | null;
  readonly monitorId: string | null;
}

export async function saveRetraining(
  tx: SqlTransaction,
  workspace: string,
  run: StoredRetraining,
): Promise<void> {
  const changing = {
    decision: run.decision,
    reason: run.reason,
    parameters: JSON.stringify(run.parameters),
    pipeline_run_id: run.pipelineRunId,
    evaluation_id: run.evaluationId,
    model_version_id: run.modelVersionId,
    comparison: run.comparison && JSON.stringify(run.comparison),
    change_id: run.changeId,
    created_at: run.createdAt,
    finished_at: run.finishedAt,
  };
  await tx
    .query<RunTables>()
    .insertInto('retraining_runs')
    .values({
      workspace,
      id: run.id,
      policy: run.policy,
      endpoint: run.endpoint,
      pipeline: run.pipeline,
      trigger: run.trigger,
      cause: run.cause,
      monitor_id: run.monitorId,
      alert_id: run.alertId,
      window_start: run.windowStart,
      window_end: run.windowEnd,
      created_by: run.createdBy,
      ...changing,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'id']).doUpdateSet(changing))
    .execute();
}

export async function findRetraining(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredRetraining | undefined> {
  const row = await runs(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && toRun(row);
}

export async function findRetrainingByCause(
  sql: SqlReader,
  workspace: string,
  policy: string,
  cause: string,
): Promise<StoredRetraining | undefined> {
  const row = await runs(sql, workspace)
    .where('policy', '=', policy)
    .where('cause', '=', cause)
    .executeTakeFirst();
  return row && toRun(row);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listRetrainings(
  sql: SqlReader,
  workspace: string,
  filter: {
    readonly policy?: string | undefined;
    readonly endpoint?: string | undefined;
    readonly before?: string | undefined;
    readonly limit: number;
  },
): Promise<readonly StoredRetraining[]> {
  let query = runs(sql, workspace);
  if (filter.policy !== undefined) query = query.where('policy', '=', filter.policy);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  return (await newestFirst(query, filter).execute()).map(toRun);
}

/** Retrainings of a policy that were really started, newest first. */
export async function listStarts(
  sql: SqlReader,
  workspace: string,
  policy: string,
  limit: number,
): Promise<readonly StoredRetraining[]> {
  const rows = await runs(sql, workspace)
    .where('policy', '=', policy)
    .where(({ or, eb }) => or([eb('decision', 'is', null), eb('decision', 'not like', 'skipped:%')]))
    .orderBy('created_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRun);
}

function runs(sql: SqlReader, workspace: string) {
  return sql.query<RunTables>().selectFrom('retraining_runs').selectAll().where('workspace', '=', workspace);
}

function toRun(row: RunTables['retraining_runs']): StoredRetraining {
  return {
    id: row.id,
    policy: row.policy,
    endpoint: row.endpoint,
    pipeline: row.pipeline,
    trigger: row.trigger as RetrainingRun['trigger'],
    cause: row.cause,
    monitorId: row.monitor_id,
    alertId: row.alert_id,
    windowStart: row.window_start,
    windowEnd: row.window_end,
    decision: row.decision as RetrainingRun['decision'],
    reason: row.reason,
    parameters: JSON.parse(row.parameters) as RetrainingRun['parameters'],
    pipelineRunId: row.pipeline_run_id,
    evaluationId: row.evaluation_id,
    modelVersionId: row.model_version_id,
    comparison: row.comparison === null ? null : (JSON.parse(row.comparison) as RetrainingRun['comparison']),
    changeId: row.change_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
