import { esteiraError } from '../kernel/errors.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { Job, Jobs } from './job.ts';
import { createJobNews } from './job-news.ts';
import { cancelQueuedJob, findJob, findJobIdByKey, insertJob, requestCancel } from './job-store.ts';
import { createJobWaiters } from './job-waiters.ts';
import { createJobWorker, type JobWorkerDeps } from './job-worker.ts';

export interface JobQueueDeps extends JobWorkerDeps {
  readonly events: EventBus;
}

/** The durable queue on the SQL port. */
export function createJobQueue(deps: JobQueueDeps): Jobs {
  const { database, clock } = deps;
  const waiters = createJobWaiters();
  // Jobs that this process finishes are announced; the poll finds those of another.
  const waitPollMs = deps.timing?.poll ?? 2_000;
  const news = createJobNews({ events: deps.events, waiters });
  const worker = createJobWorker(deps, news);

  return {
    register(kind, handler, options) {
      worker.register(kind, handler, options?.concurrency ?? 2);
    },

    async enqueue(tx, context, options) {
      const { workspace, actor, requestId } = context;
      const { kind, payload, key } = options;
      if (key !== undefined) {
        const known = await findJobIdByKey(tx, workspace, key);
        if (known !== undefined) return known;
      }
      const id = deps.ids.next('job');
      const createdAt = clock.now();
      const runAt = options.runAt ?? createdAt;
      const maxAttempts = options.maxAttempts ?? 1;
      const actorId = actor.id;
      await insertJob(tx, {
        id,
        workspace,
        kind,
        payload,
        key,
        maxAttempts,
        actorId,
        requestId,
        createdAt,
        runAt,
      });
      tx.afterCommit(() => worker.wakeAt(kind, runAt));
      return id;
    },

    async find(workspace, id) {
      return (await findJob(database, workspace, id))?.job;
    },

    async wait(workspace, id, signal) {
      for (;;) {
        signal?.throwIfAborted();
        const next = waiters.wait(id, waitPollMs, signal);
        try {
          const found = await findJob(database, workspace, id);
          if (found === undefined) throw esteiraError('JOB_NOT_FOUND', { id });
          if (isFinished(found.job)) return found.job;
          await next.changed;
        } finally {
          next.leave();
        }
      }
    },

    async cancel(context, id) {
      await database.transaction(async (tx) => {
        const found = await findJob(tx, context.workspace, id);
        if (found === undefined) throw esteiraError('JOB_NOT_FOUND', { id });
        if (found.job.state === 'queued') {
          await cancelQueuedJob(tx, id, clock.now());
          await news.finished(tx, found, 'cancelled', context.actor.id);
        }
        if (found.job.state === 'running') {
          await requestCancel(tx, id);
          tx.afterCommit(() => worker.abort(id));
        }
      });
    },

    start: () => worker.start(),
    stop: () => worker.stop(),
  };
}

function isFinished(job: Job): boolean {
  return job.state === 'succeeded' || job.state === 'failed' || job.state === 'cancelled';
}
