import type { JsonValue } from '@esteira/contracts';
import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Job, JobState } from './job.ts';

export interface JobRow {
  id: string;
  workspace: string;
  kind: string;
  state: JobState;
  payload: string;
  result: string | null;
  error: string | null;
  progress_share: number | null;
  progress_message: string | null;
  attempt: number;
  max_attempts: number;
  lost_leases: number;
  dedupe_key: string | null;
  actor_id: string;
  request_id: string;
  created_at: number;
  run_at: number;
  started_at: number | null;
  finished_at: number | null;
  cancel_requested: number;
  traceparent: string | null;
  lease_owner: string | null;
  lease_expires_at: number | null;
}

export interface JobTables {
  jobs: JobRow;
}

/** A job with what only the queue needs to know of it. */
export interface StoredJob {
  readonly job: Job;
  readonly requestId: string;
  readonly lostLeases: number;
  readonly cancelRequested: boolean;
}

export interface FinishedJob extends StoredJob {
  readonly job: Job & { readonly state: 'succeeded' | 'failed' | 'cancelled' };
}

export function isFinished(stored: StoredJob): stored is FinishedJob {
  const { state } = stored.job;
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** False when a job of the workspace has the key already. */
export async function insertJob(
  tx: SqlTransaction,
  job: Pick<Job, 'id' | 'workspace' | 'kind' | 'payload' | 'maxAttempts' | 'actorId' | 'createdAt'> & {
    readonly requestId: string;
    readonly runAt: number;
    readonly key: string | undefined;
    readonly traceparent: string | undefined;
  },
): Promise<boolean> {
  // As text, like every statement that each job needs: to build one of so many parts takes longer than to run it.
  const { numAffectedRows } = await sql`
    insert into jobs (id, workspace, kind, state, payload, attempt, max_attempts, lost_leases, dedupe_key, actor_id,
      request_id, created_at, run_at, cancel_requested, traceparent)
    values (${job.id}, ${job.workspace}, ${job.kind}, 'queued', ${JSON.stringify(job.payload)}, 0, ${job.maxAttempts}, 0,
      ${job.key ?? null}, ${job.actorId}, ${job.requestId}, ${job.createdAt}, ${job.runAt}, 0, ${job.traceparent ?? null})
    on conflict (workspace, dedupe_key) do nothing`.execute(tx.query<JobTables>());
  return (numAffectedRows ?? 0n) > 0n;
}

export async function findJobIdByKey(
  reader: SqlReader,
  workspace: string,
  key: string,
): Promise<string | undefined> {
  const row = await reader
    .query<JobTables>()
    .selectFrom('jobs')
    .select('id')
    .where('workspace', '=', workspace)
    .where('dedupe_key', '=', key)
    .executeTakeFirst();
  return row?.id;
}

export async function findJob(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredJob | undefined> {
  const row = await reader
    .query<JobTables>()
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row === undefined ? undefined : toStoredJob(row);
}

/** The jobs that exist, of any workspace, in no order. */
export async function findJobs(reader: SqlReader, ids: readonly string[]): Promise<readonly StoredJob[]> {
  // Each by itself: for a list, a plan that was made while the table was short goes through the whole of it ever after.
  const each = ids.map((id) => sql`select * from jobs where id = ${id}`);
  const { rows } = await sql<JobRow>`${sql.join(each, sql` union all `)}`.execute(reader.query<JobTables>());
  return rows.map(toStoredJob);
}

/** Jobs of a workspace, newest first (ids sort by time), behind the id `before` when it is given. */
export async function listJobs(
  reader: SqlReader,
  workspace: string,
  filter: { state?: JobState; kind?: string; before?: string; limit: number },
): Promise<readonly Job[]> {
  let query = reader
    .query<JobTables>()
    .selectFrom('jobs')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  const rows = await query.execute();
  return rows.map((row) => toStoredJob(row).job);
}

/** Jobs that wait or run, by kind, over all workspaces. */
export async function countUnfinishedJobs(
  reader: SqlReader,
): Promise<readonly { readonly kind: string; readonly state: JobState; readonly count: number }[]> {
  const rows = await reader
    .query<JobTables>()
    .selectFrom('jobs')
    .select(['kind', 'state', (query) => query.fn.countAll<number>().as('count')])
    .where('state', 'in', ['queued', 'running'])
    .groupBy(['kind', 'state'])
    .execute();
  return rows.map(({ kind, state, count }) => ({ kind, state, count: Number(count) }));
}

/** Forgets at most `limit` jobs that ended before a time; returns how many. */
export async function forgetFinishedJobs(tx: SqlTransaction, before: number, limit: number): Promise<number> {
  const { numDeletedRows } = await tx
    .query<JobTables>()
    .deleteFrom('jobs')
    .where('id', 'in', (query) =>
      query
        .selectFrom('jobs')
        .select('id')
        .where('finished_at', '<', before)
        .where('state', 'in', ['succeeded', 'failed', 'cancelled'])
        .orderBy('finished_at')
        .limit(limit),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

/** The job as it is now; undefined when it did not wait any more. */
export async function cancelQueuedJob(
  tx: SqlTransaction,
  id: string,
  at: number,
): Promise<StoredJob | undefined> {
  const row = await tx
    .query<JobTables>()
    .updateTable('jobs')
    .set({ state: 'cancelled', finished_at: at })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toStoredJob(row);
}

export async function requestCancel(tx: SqlTransaction, id: string): Promise<void> {
  await tx.query<JobTables>().updateTable('jobs').set({ cancel_requested: 1 }).where('id', '=', id).execute();
}

export function toStoredJob(row: JobRow): StoredJob {
  return {
    job: {
      id: row.id,
      workspace: row.workspace,
      kind: row.kind,
      state: row.state,
      payload: JSON.parse(row.payload) as JsonValue,
      result: row.result === null ? null : (JSON.parse(row.result) as JsonValue),
      error: row.error === null ? null : (JSON.parse(row.error) as JsonValue),
      progress:
        row.progress_share === null
          ? undefined
          : { share: row.progress_share, message: row.progress_message ?? '' },
      attempt: row.attempt,
      maxAttempts: row.max_attempts,
      actorId: row.actor_id,
      createdAt: row.created_at,
      dueAt: row.run_at,
      traceparent: row.traceparent ?? undefined,
      startedAt: row.started_at ?? undefined,
      finishedAt: row.finished_at ?? undefined,
    },
    requestId: row.request_id,
    lostLeases: row.lost_leases,
    cancelRequested: row.cancel_requested === 1,
  };
}
