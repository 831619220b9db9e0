import type { JsonValue } from '@esteira/contracts';
import type { Clock } from '../kernel/clock.ts';
import type { EventBus } from '../storage/events/event-bus.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { Jobs } from './job.ts';
import { forgetFinishedJobs } from './job-store.ts';

const kind = 'jobs.clean-up';
const dayMs = 86_400_000;
const jobsKeptMs = 30 * dayMs;
const eventsKeptMs = 7 * dayMs;
const batchSize = 500;

/**
 * Every night one process forgets jobs that ended 30 days ago and events that are a week old and delivered, and does what
 * else is given, each with the time it is now. What jobs and events led to stays: rooms and the audit log keep their own.
 */
export function registerCleanUp(deps: {
  readonly jobs: Jobs;
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly events: Pick<EventBus, 'forget'>;
  readonly workspace: string;
  readonly also: readonly ((now: number, signal: AbortSignal) => Promise<void>)[];
}): void {
  const { jobs, database, clock, events, workspace } = deps;

  async function forgetJobs(before: number, signal: AbortSignal): Promise<number> {
    let forgotten = 0;
    for (;;) {
      signal.throwIfAborted();
      const count = await database.transaction((tx) => forgetFinishedJobs(tx, before, batchSize), {
        isolation: 'read-committed',
      });
      forgotten += count;
      if (count < batchSize) return forgotten;
    }
  }

  async function cleanUp(signal: AbortSignal): Promise<JsonValue> {
    const now = clock.now();
    const forgotten = {
      jobs: await forgetJobs(now - jobsKeptMs, signal),
      events: await events.forget(now - eventsKeptMs, signal),
    };
    for (const work of deps.also) await work(now, signal);
    return forgotten;
  }

  jobs.register(kind, ({ signal }) => cleanUp(signal), { concurrency: 1 });
  jobs.schedule({
    name: kind,
    timing: { cron: '17 3 * * *' },
    workspace,
    kind,
    payload: null,
    maxAttempts: 3,
  });
}
