import type { Actor } from '../kernel/actor.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { StoredJob } from './job-store.ts';

/** Tells, in the transaction that finishes a job, everyone who should know. */
export interface JobNews {
  finished(
    tx: SqlTransaction,
    stored: StoredJob,
    state: 'succeeded' | 'failed' | 'cancelled',
    actorId?: string,
  ): Promise<void>;
}

export function createJobNews(deps: { events: Pick<EventBus, 'emit'> }): JobNews {
  return {
    async finished(tx, { job, requestId }, state, actorId) {
      // News names its actor; it needs none of the actor's permissions.
      const id = actorId ?? job.actorId;
      const actor: Actor = { id, kind: 'system', name: id, roles: [], permissions: new Set() };
      const context = { workspace: job.workspace, requestId, actor };
      await deps.events.emit(tx, context, 'job.finished', { jobId: job.id, kind: job.kind, state });
      tx.announce('job-finished', job.id);
    },
  };
}
