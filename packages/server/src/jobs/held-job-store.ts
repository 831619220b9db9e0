import type { JsonValue } from '@esteira/contracts';
import { sql } from 'kysely';
import type { ForEachRowOptions, SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Job } from './job.ts';
import { type JobRow, type JobTables, type StoredJob, toStoredJob } from './job-store.ts';

/** A job that a worker holds. `lease` is unlike that of any other claim, so a late answer of a lost one changes nothing. */
export interface ClaimedJob extends StoredJob {
  readonly lease: string;
}

export type JobChange =
  | {
      readonly state: 'succeeded' | 'failed' | 'cancelled';
      readonly at: number;
      readonly result: JsonValue;
      readonly error: JsonValue;
      readonly progress: Job['progress'];
    }
  | {
      readonly state: 'queued';
      readonly runAt: number;
      readonly error: JsonValue;
      /** False when the attempt was cut short by no fault of its own and will be made again under its number. */
      readonly countAttempt: boolean;
      readonly lostLeases: number;
    };

/** Kinds, among those given, that have a job to run now. */
export async function dueKinds(
  reader: SqlReader,
  kinds: readonly string[],
  now: number,
): Promise<readonly string[]> {
  if (kinds.length === 0) return [];
  const rows = await reader
    .query<JobTables>()
    .selectFrom('jobs')
    .select('kind')
    .distinct()
    .where('state', '=', 'queued')
    .where('kind', 'in', kinds)
    .where('run_at', '<=', now)
    .execute();
  return rows.map((row) => row.kind);
}

/**
 * Takes the oldest due jobs of a kind, in one statement: rows that another worker is taking are passed over where the
 * engine can, so that workers never wait for each other. A job's lease is `lease` with its id behind.
 */
export async function claimJobs(
  tx: SqlTransaction,
  claim: {
    kind: string;
    limit: number;
    now: number;
    expiresAt: number;
    lease: string;
    skipLocked: boolean;
  },
): Promise<readonly ClaimedJob[]> {
  const { rows } = await sql<JobRow>`
    with due as (
      select id from jobs where state = 'queued' and kind = ${claim.kind} and run_at <= ${claim.now}
      order by run_at, id limit ${claim.limit} ${sql.raw(claim.skipLocked ? 'for update skip locked' : '')}
    )
    update jobs
    set state = 'running', attempt = attempt + 1, started_at = coalesce(started_at, cast(${claim.now} as bigint)),
      lease_owner = cast(${`${claim.lease}:`} as text) || id, lease_expires_at = ${claim.expiresAt}
    where id in (select id from due)
    returning *`.execute(tx.query<JobTables>());
  rows.sort((a, b) => a.run_at - b.run_at || (a.id < b.id ? -1 : 1));
  return rows.map((row) => ({ ...toStoredJob(row), lease: row.lease_owner ?? '' }));
}

/** Prolongs leases; returns those that are still held, with whether their job is to be cancelled. */
export async function renewLeases(
  tx: SqlTransaction,
  leases: readonly string[],
  expiresAt: number,
): Promise<ReadonlyMap<string, { cancelRequested: boolean }>> {
  if (leases.length === 0) return new Map();
  const rows = await tx
    .query<JobTables>()
    .updateTable('jobs')
    .set({ lease_expires_at: expiresAt })
    .where('state', '=', 'running')
    .where('lease_owner', 'in', leases)
    .returning(['lease_owner', 'cancel_requested'])
    .execute();
  return new Map(rows.map((row) => [row.lease_owner ?? '', { cancelRequested: row.cancel_requested === 1 }]));
}

/** Those of the leases whose job is to be cancelled. */
export async function cancelledLeases(
  reader: SqlReader,
  leases: readonly string[],
): Promise<readonly string[]> {
  const rows = await reader
    .query<JobTables>()
    .selectFrom('jobs')
    .select('lease_owner')
    .where('state', '=', 'running')
    .where('cancel_requested', '=', 1)
    .where('lease_owner', 'in', leases)
    .execute();
  return rows.map((row) => row.lease_owner ?? '');
}

/** Jobs whose lease is over. */
export function jobsWithExpiredLease(reader: SqlReader, now: number): Promise<readonly ClaimedJob[]> {
  return runningJobs(reader, (query) => query.where('lease_expires_at', '<', now));
}

/** Jobs that a claim with this lease took. */
export function jobsUnderLease(reader: SqlReader, lease: string): Promise<readonly ClaimedJob[]> {
  return runningJobs(reader, (query) =>
    query.where('lease_owner', '>=', `${lease}:`).where('lease_owner', '<', `${lease};`),
  );
}

/** Jobs held by workers of an installation, except by the worker `alive`. Leases read `installation:worker:number`. */
export function jobsOfDeadWorkers(
  reader: SqlReader,
  installation: string,
  alive: string,
): Promise<readonly ClaimedJob[]> {
  return runningJobs(reader, (query) =>
    query
      .where('lease_owner', '>=', `${installation}:`)
      .where('lease_owner', '<', `${installation};`)
      .where((expression) =>
        expression.or([
          expression('lease_owner', '<', `${alive}:`),
          expression('lease_owner', '>=', `${alive};`),
        ]),
      ),
  );
}

/** What a job that is held becomes; with `expiredBefore`, only if its lease was over before. */
export interface HeldChange {
  readonly held: ClaimedJob;
  readonly change: JobChange;
  readonly expiredBefore: number | undefined;
}

const changeColumns = {
  id: 'text',
  lease: 'text',
  expired_before: 'bigint',
  state: 'text',
  finished_at: 'bigint',
  run_at: 'bigint',
  result: 'text',
  error: 'text',
  progress_share: 'double precision',
  progress_message: 'text',
  attempt: 'bigint',
  lost_leases: 'bigint',
} as const;

/**
 * Applies changes to the jobs whose lease is still held, and returns these as they are now. The others are somebody
 * else's, or their worker has given a sign of life.
 */
export async function changeHeldJobs(
  tx: SqlTransaction,
  changes: readonly HeldChange[],
  options: ForEachRowOptions = {},
): Promise<readonly StoredJob[]> {
  // Always in one order: two transactions that change the same jobs wait for each other instead of in a circle.
  const ordered = [...changes].sort((a, b) => (a.held.job.id < b.held.job.id ? -1 : 1));
  const rows = await tx.forEachRow<{ id: string }>(
    changeColumns,
    ordered.map(({ held, change, expiredBefore }) => [
      held.job.id,
      held.lease,
      expiredBefore ?? null,
      ...changedValues(held, change),
    ]),
    ({ value, from }) => sql<{ id: string }>`
      update jobs
      set state = ${value('state')}, finished_at = ${value('finished_at')}, run_at = coalesce(${value('run_at')}, jobs.run_at),
        result = ${value('result')}, error = ${value('error')},
        progress_share = coalesce(${value('progress_share')}, jobs.progress_share),
        progress_message = coalesce(${value('progress_message')}, jobs.progress_message),
        attempt = ${value('attempt')}, lost_leases = ${value('lost_leases')}, lease_owner = null, lease_expires_at = null
      ${from}
      where jobs.id = ${value('id')} and jobs.state = 'running' and jobs.lease_owner = ${value('lease')}
        and (${value('expired_before')} is null or jobs.lease_expires_at < ${value('expired_before')})
      returning jobs.id`,
    options,
  );
  const changed = new Set(rows.map(({ id }) => id));
  return ordered
    .filter(({ held }) => changed.has(held.job.id))
    .map(({ held, change }) => changedJob(held, change));
}

export async function writeProgress(
  tx: SqlTransaction,
  lease: string,
  progress: { share: number; message: string },
): Promise<void> {
  await tx
    .query<JobTables>()
    .updateTable('jobs')
    .set({ progress_share: progress.share, progress_message: progress.message })
    .where('lease_owner', '=', lease)
    .where('state', '=', 'running')
    .execute();
}

async function runningJobs(
  reader: SqlReader,
  narrow: (query: ReturnType<typeof selectRunning>) => ReturnType<typeof selectRunning>,
): Promise<readonly ClaimedJob[]> {
  const rows = await narrow(selectRunning(reader)).execute();
  return rows.map((row) => ({ ...toStoredJob(row), lease: row.lease_owner ?? '' }));
}

function selectRunning(reader: SqlReader) {
  return reader.query<JobTables>().selectFrom('jobs').selectAll().where('state', '=', 'running');
}

/** Of `changeColumns`, from `state` on. */
function changedValues({ job, lostLeases }: ClaimedJob, change: JobChange): (string | number | null)[] {
  const error = change.error === null ? null : JSON.stringify(change.error);
  if (change.state === 'queued') {
    const attempt = change.countAttempt ? job.attempt : job.attempt - 1;
    return ['queued', null, change.runAt, null, error, null, null, attempt, change.lostLeases];
  }
  const { share = null, message = null } = change.progress ?? {};
  const result = change.state === 'succeeded' ? (JSON.stringify(change.result) ?? 'null') : null;
  return [change.state, change.at, null, result, error, share, message, job.attempt, lostLeases];
}

/** As it is stored when the values are. */
function changedJob(held: ClaimedJob, change: JobChange): StoredJob {
  const { lease: _lease, job, ...rest } = held;
  if (change.state === 'queued') {
    const attempt = change.countAttempt ? job.attempt : job.attempt - 1;
    const { error, runAt: dueAt, lostLeases } = change;
    return { ...rest, lostLeases, job: { ...job, state: 'queued', result: null, error, attempt, dueAt } };
  }
  const { state, error, at: finishedAt, progress = job.progress } = change;
  const result = state === 'succeeded' ? storedJson(change.result) : null;
  return { ...rest, job: { ...job, state, result, error, progress, finishedAt } };
}

/** What is undefined is null once it has been stored, and a date its text. */
function storedJson(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value) ?? 'null') as JsonValue;
}
