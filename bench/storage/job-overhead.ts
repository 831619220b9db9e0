import { createJobQueue } from '../../packages/server/src/jobs/index.ts';
import type { RequestContext } from '../../packages/server/src/kernel/actor.ts';
import { systemClock } from '../../packages/server/src/kernel/clock.ts';
import { createIdGenerator } from '../../packages/server/src/kernel/ids.ts';
import { silentLogger } from '../../packages/server/src/kernel/logger.ts';
import { systemRandom } from '../../packages/server/src/kernel/random-source.ts';
import { createEventBus } from '../../packages/server/src/storage/events/event-bus.ts';
import type { Engine } from './engines.ts';
import { quantile } from './quantile.ts';

const concurrency = 16;

const context: RequestContext = {
  workspace: 'ws_bench',
  actor: { id: 'usr_bench', kind: 'user', name: 'Bench', roles: [], permissions: new Set() },
  requestId: 'req_bench',
};

/**
 * What the queue adds to a job that does nothing, in milliseconds. `claimToDone`: from the claim, when the job begins, to
 * the moment its outcome is durable and its caller told. `queuedToDone`: from the moment it stands durably in the queue, so
 * with the claim. Sixteen callers at once, each with the next job when the last is done; `alone` is one caller.
 */
export async function measureJobOverhead(
  { database }: Engine,
  seconds: number,
): Promise<{ perSecond: number; claimToDone: Quantiles; queuedToDone: Quantiles; alone: number }> {
  const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
  const base = { database, clock: systemClock, ids, logger: silentLogger };
  const events = createEventBus(base);
  const jobs = createJobQueue({
    ...base,
    events,
    random: systemRandom,
    installationId: 'inst_bench',
    resolveActor: async () => context.actor,
  });
  const begun = new Map<string, number>();
  jobs.register(
    'bench',
    async ({ job }) => {
      begun.set(job.id, performance.now());
      return null;
    },
    { concurrency },
  );
  await jobs.start();

  const claimToDone: number[] = [];
  const queuedToDone: number[] = [];
  async function runOne(): Promise<void> {
    const id = await database.transaction((tx) =>
      jobs.enqueue(tx, context, { kind: 'bench', payload: null }),
    );
    const queued = performance.now();
    await jobs.wait(context.workspace, id);
    const done = performance.now();
    queuedToDone.push(done - queued);
    claimToDone.push(done - (begun.get(id) ?? queued));
    begun.delete(id);
  }
  async function runUntil(end: number): Promise<void> {
    while (performance.now() < end) await runOne();
  }
  await runUntil(performance.now() + 500);
  const alone = quantile(claimToDone.splice(0), 0.5);
  await Promise.all(Array.from({ length: concurrency }, () => runUntil(performance.now() + 500)));
  claimToDone.length = 0;
  queuedToDone.length = 0;
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, () => runUntil(began + seconds * 1000)));
  const elapsed = (performance.now() - began) / 1000;
  await jobs.stop();
  return {
    perSecond: queuedToDone.length / elapsed,
    claimToDone: quantiles(claimToDone),
    queuedToDone: quantiles(queuedToDone),
    alone,
  };
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
}

function quantiles(values: number[]): Quantiles {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99) };
}
