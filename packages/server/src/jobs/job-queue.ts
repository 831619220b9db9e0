import type { Actor } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { Jobs, Schedule } from './job.ts';
import { createJobNews } from './job-news.ts';
import { createJobScheduler } from './job-scheduler.ts';
import {
  cancelQueuedJob,
  findJob,
  findJobIdByKey,
  insertJob,
  isFinished,
  requestCancel,
} from './job-store.ts';
import { createJobWaiters } from './job-waiters.ts';
import { wakeMessage } from './job-wake.ts';
import { createJobWorker, type JobWorkerDeps } from './job-worker.ts';

export interface JobQueueDeps extends JobWorkerDeps {
  readonly events: EventBus;
}

/** The durable queue on the SQL port. */
export function createJobQueue(deps: JobQueueDeps): Jobs {
  const { database, clock } = deps;
  const waiters = createJobWaiters({ database });
  // Jobs that end anywhere are announced; the poll makes up for news that was lost.
  const waitPollMs = deps.timing?.poll ?? 2_000;
  const endListening = database.listen('job-finished', waiters.announce);
  const news = createJobNews({ events: deps.events, waiters });
  const scheduler = createJobScheduler({ database, clock, enqueue: enqueueScheduled });
  const worker = createJobWorker(deps, news, scheduler);

  const enqueue: Jobs['enqueue'] = async (tx, context, options) => {
    const { workspace, actor, requestId } = context;
    const { kind, payload, key, traceparent } = options;
    if (key !== undefined) {
      const known = await findJobIdByKey(tx, workspace, key);
      if (known !== undefined) return known;
    }
    const id = deps.ids.next('job');
    waiters.expect(workspace, id);
    const createdAt = clock.now();
    const runAt = options.runAt ?? createdAt;
    const maxAttempts = options.maxAttempts ?? 1;
    const actorId = actor.id;
    const inserted = await insertJob(tx, {
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
      traceparent,
    });
    // Between the look and the insert, another transaction may have used the key.
    const first = inserted || key === undefined ? id : await findJobIdByKey(tx, workspace, key);
    tx.announce('jobs', wakeMessage(kind, runAt));
    return first ?? id;
  };

  function enqueueScheduled(tx: SqlTransaction, schedule: Schedule, scheduledAt: number): Promise<string> {
    const { name, workspace, kind, payload, maxAttempts } = schedule;
    const context = { workspace, actor: platform, requestId: deps.ids.next('req') };
    const key = `schedule:${name}:${new Date(scheduledAt).toISOString()}`;
    return enqueue(tx, context, {
      kind,
      payload,
      key,
      ...(maxAttempts === undefined ? {} : { maxAttempts }),
    });
  }

  return {
    register(kind, handler, options) {
      worker.register(kind, handler, options?.concurrency ?? 2);
    },

    enqueue,
    schedule: scheduler.add,

    async find(workspace, id) {
      return (await findJob(database, workspace, id))?.job;
    },

    async wait(workspace, id, signal) {
      for (;;) {
        signal?.throwIfAborted();
        const next = waiters.wait(id, waitPollMs, signal);
        try {
          if (!waiters.takeExpected(workspace, id)) {
            const found = await waiters.look(id);
            if (found?.job.workspace !== workspace) throw esteiraError('JOB_NOT_FOUND', { id });
            if (isFinished(found)) return found.job;
          }
          const finished = await next.changed;
          if (finished !== undefined) return finished;
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
          const cancelled = await cancelQueuedJob(tx, id, clock.now());
          if (cancelled !== undefined && isFinished(cancelled))
            await news.finished(tx, [cancelled], context.actor.id);
        }
        if (found.job.state === 'running') {
          await requestCancel(tx, id);
          tx.announce('job-cancelled', id);
        }
      });
    },

    start: () => worker.start(),
    async stop() {
      await worker.stop();
      endListening();
    },
  };
}

// Schedules speak for nobody: `resolveActor` says what the platform may do.
const platform: Actor = { id: 'system', kind: 'system', name: 'system', roles: [], permissions: new Set() };
