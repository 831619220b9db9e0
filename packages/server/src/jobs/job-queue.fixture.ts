import type { JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import { createEventBus, type EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { EnqueueOptions, Jobs } from './job.ts';
import { createJobQueue, type JobQueueDeps } from './job-queue.ts';

export const ana: RequestContext = {
  workspace: 'ws_1',
  actor: { id: 'usr_ana', kind: 'user', name: 'Ana', roles: [], permissions: new Set(['jobs:read']) },
  requestId: 'req_1',
};

/** A queue that tries again at once, and the event bus it tells. */
export function makeQueue(
  database: SqlDatabase,
  changed: Partial<JobQueueDeps> = {},
): { jobs: Jobs; events: EventBus } {
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const shared = { database, clock: systemClock, ids, logger: silentLogger };
  const events = changed.events ?? createEventBus(shared);
  const jobs = createJobQueue({
    ...shared,
    events,
    random: systemRandom,
    installationId: 'inst_1',
    resolveActor: async (_workspace, actorId) => (actorId === ana.actor.id ? ana.actor : undefined),
    ...changed,
    timing: { retryDelay: () => 0, poll: 20, ...changed.timing },
  });
  return { jobs, events };
}

export function enqueue(
  database: SqlDatabase,
  jobs: Jobs,
  kind: string,
  payload: JsonValue = null,
  options: Partial<EnqueueOptions> = {},
  context: RequestContext = ana,
): Promise<string> {
  return database.transaction((tx) => jobs.enqueue(tx, context, { kind, payload, ...options }));
}

/** Rejects when the signal aborts: a handler that does nothing but wait to be stopped. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
