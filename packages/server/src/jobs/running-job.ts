import type { Actor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import { type ClaimedJob, type JobChange, writeProgress } from './held-job-store.ts';
import type { JobHandler } from './job.ts';
import { type AbortReason, changeAfterFailure } from './job-outcome.ts';

export interface RunningJob {
  readonly jobId: string;
  abort(reason: AbortReason): void;
  /** Why it was aborted; undefined when it was not. */
  aborted(): AbortReason | undefined;
  /** What the job becomes; never rejects. */
  readonly outcome: Promise<JobChange>;
}

const progressIntervalMs = 250;

/** Calls the handler of a claimed job as the actor who started it. */
export function runClaimedJob(
  claimed: ClaimedJob,
  handler: JobHandler,
  deps: {
    database: SqlDatabase;
    clock: Clock;
    ids: IdGenerator;
    logger: Logger;
    resolveActor(workspace: string, actorId: string): Promise<Actor | undefined>;
    delayAfter(attempt: number): number;
  },
): RunningJob {
  const { job } = claimed;
  const controller = new AbortController();
  let reason: AbortReason | undefined;
  let progress = job.progress;
  let progressTimer: NodeJS.Timeout | undefined;

  function reportProgress(share: number, message: string): void {
    progress = { share: Math.min(1, Math.max(0, share)), message };
    progressTimer ??= setTimeout(() => {
      progressTimer = undefined;
      storeProgress().catch((error: unknown) => {
        deps.logger.warn({ err: error, job: job.id }, 'the progress of a job could not be stored');
      });
    }, progressIntervalMs).unref();
  }

  async function storeProgress(): Promise<void> {
    const latest = progress;
    if (latest === undefined) return;
    await deps.database.transaction((tx) => writeProgress(tx, claimed.lease, latest), {
      isolation: 'read-committed',
      durability: 'lazy',
    });
  }

  async function run(): Promise<JobChange> {
    try {
      const actor = await deps.resolveActor(job.workspace, job.actorId);
      if (actor === undefined) throw esteiraError('JOB_ACTOR_GONE', { id: job.id, actor: job.actorId });
      const context = { workspace: job.workspace, actor, requestId: claimed.requestId };
      const result = await handler({ job, context, signal: controller.signal, progress: reportProgress });
      return { state: 'succeeded', at: deps.clock.now(), result, error: null, progress };
    } catch (error) {
      const instance = deps.ids.next('err');
      if (reason === undefined) logFailure(deps.logger, claimed, error, instance);
      const now = deps.clock.now();
      const latest = { ...claimed, job: { ...job, progress } };
      const retryDelay = deps.delayAfter(job.attempt);
      return changeAfterFailure(latest, { error, reason, instance, now, retryDelay });
    } finally {
      clearTimeout(progressTimer);
    }
  }

  return {
    jobId: job.id,
    abort(why) {
      reason ??= why;
      controller.abort(new Error(`The job was aborted: ${why}.`));
    },
    aborted: () => reason,
    outcome: run(),
  };
}

function logFailure(logger: Logger, { job, requestId }: ClaimedJob, error: unknown, instance: string): void {
  const expected = error instanceof EsteiraError && error.status < 500;
  const fields = { err: error, instance, requestId, job: job.id, kind: job.kind, attempt: job.attempt };
  logger[expected ? 'info' : 'error'](fields, 'an attempt of a job failed');
}
