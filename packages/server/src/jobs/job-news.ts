import type { Actor } from '../kernel/actor.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { FinishedJob } from './job-store.ts';
import type { JobWaiters } from './job-waiters.ts';

/** Tells, in the transaction that finishes jobs, everyone who should know. */
export interface JobNews {
  /** `actorId` is who ended them, when it was not whoever enqueued them. */
  finished(tx: SqlTransaction, finished: readonly FinishedJob[], actorId?: string): Promise<void>;
  /** Given the jobs as they are stored, those who wait in this process need not look for them. */
  stored(tx: SqlTransaction, finished: readonly FinishedJob[]): void;
}

export function createJobNews(deps: {
  events: Pick<EventBus, 'emitAll'>;
  waiters: Pick<JobWaiters, 'finished'>;
}): JobNews {
  return {
    async finished(tx, finished, actorId) {
      const news = finished.map(({ job, requestId }) => {
        const { id: jobId, workspace, kind, state } = job;
        // News names its actor; it needs none of the actor's permissions.
        const id = actorId ?? job.actorId;
        const actor: Actor = { id, kind: 'system', name: id, roles: [], permissions: new Set() };
        return { context: { workspace, requestId, actor }, payload: { jobId, kind, state } };
      });
      await deps.events.emitAll(tx, 'job.finished', news);
      for (const { job } of finished) tx.announce('job-finished', job.id);
    },
    stored(tx, finished) {
      tx.afterCommit(() => {
        for (const { job } of finished) deps.waiters.finished(job);
      });
    },
  };
}
