import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { EsteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RandomSource } from '../kernel/random-source.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import {
  type ClaimedJob,
  cancelledLeases,
  claimJobs,
  dueKinds,
  jobsOfDeadWorkers,
  jobsUnderLease,
  jobsWithExpiredLease,
  renewLeases,
} from './held-job-store.ts';
import type { JobHandler } from './job.ts';
import type { JobNews } from './job-news.ts';
import { type AbortReason, changeAfterLostLease, retryDelay } from './job-outcome.ts';
import type { JobScheduler } from './job-scheduler.ts';
import { createJobSettlement } from './job-settlement.ts';
import { readWakeMessage } from './job-wake.ts';
import { type RunningJob, runClaimedJob } from './running-job.ts';

export interface JobWorkerDeps {
  readonly database: SqlDatabase;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly random: RandomSource;
  readonly logger: Logger;
  /** Permanent id of the data directory's installation: leases of its dead workers are known by it. */
  readonly installationId: string;
  /** The actor as it is now; undefined when it is gone or disabled, and the job then fails. */
  resolveActor(workspace: string, actorId: string): Promise<Actor | undefined>;
  /** Milliseconds, for those who cannot wait. */
  readonly timing?: JobTiming;
}

interface JobTiming {
  /** How long a worker holds a job without a sign of life, 15,000 unless given. */
  readonly lease?: number;
  /** 5,000 unless given. */
  readonly heartbeat?: number;
  /** How often dead leases, distant start times and lost announcements are looked for; 1,000 or, alone, 2,000 unless given. */
  readonly poll?: number;
  /** How long `stop` waits for handlers; 10,000 unless given. */
  readonly stopGrace?: number;
  /** Pause before the next attempt; `retryDelay` of `job-outcome.ts` unless given. */
  retryDelay?(attempt: number): number;
}

export interface JobWorker {
  register(kind: string, handler: JobHandler, concurrency: number): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly handler: JobHandler;
  free: number;
  /** Jobs may be due that were not taken for want of a free place. */
  more: boolean;
}

const longestTimer = 2 ** 31 - 1;
const settlePauseMs = 500;

/** Claims jobs, runs them, keeps their leases, and takes over those of workers that have died. */
export function createJobWorker(deps: JobWorkerDeps, news: JobNews, scheduler: JobScheduler): JobWorker {
  const { database, clock, logger, timing } = deps;
  const leaseMs = timing?.lease ?? 15_000;
  const heartbeatMs = timing?.heartbeat ?? 5_000;
  // Only where there are others can a lease run out that nobody here gave.
  const pollMs = timing?.poll ?? (database.capabilities.manyWriters ? 1_000 : 2_000);
  const delayAfter = timing?.retryDelay ?? ((attempt: number) => retryDelay(attempt, deps.random.bytes(2)));

  const worker = `${deps.installationId}:${deps.ids.next('worker')}`;
  const settlement = createJobSettlement({ database, logger, news });
  const listening: (() => void)[] = [];
  const kinds = new Map<string, Kind>();
  const running = new Map<string, { run: RunningJob; done: Promise<void> }>();
  const wanted = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let claiming: Promise<void> | undefined;
  let ticking: Promise<void> | undefined;
  let claims = 0;
  let lastHeartbeat = 0;
  /** Of `performance.now()`: since then others may hold what this worker runs. */
  let lastSignOfLife = 0;
  let active = false;

  function wake(kind: string): void {
    if (!active || !kinds.has(kind)) return;
    wanted.add(kind);
    claiming ??= claimWanted().finally(() => {
      claiming = undefined;
      for (const next of wanted) wake(next);
    });
  }

  function wakeAt(kind: string, runAt: number): void {
    const delay = runAt - clock.now();
    if (delay <= 0) wake(kind);
    // A longer pause than a timer can hold is left to the poll. A timer may end a moment before the clock says so.
    else if (active && delay <= longestTimer) later(delay, () => wakeAt(kind, runAt));
  }

  function later(delay: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, delay);
    timer.unref();
    timers.add(timer);
  }

  async function claimWanted(): Promise<void> {
    const requests = [...wanted].flatMap((name) => {
      const kind = kinds.get(name);
      if (kind === undefined) return [];
      kind.more = kind.free === 0;
      return kind.more ? [] : [{ kind, limit: kind.free, lease: `${worker}:${++claims}` }];
    });
    wanted.clear();
    if (requests.length === 0) return;
    try {
      const { skipLocked } = database.capabilities;
      const begun = performance.now();
      let runs = 0;
      const claimed = await database.transaction(
        async (tx) => {
          runs++;
          const now = clock.now();
          return Promise.all(
            requests.map(async ({ kind, limit, lease }) => {
              const claim = { kind: kind.name, limit, now, expiresAt: now + leaseMs, lease, skipLocked };
              // Of a first run whose answer was lost there may be jobs already.
              const taken = await (runs === 1 ? claimJobs(tx, claim) : jobsUnderLease(tx, lease));
              return { kind, limit, taken };
            }),
          );
        },
        // Right under the locks of the rows it takes. A claim that a power cut takes back is made again.
        { ...(skipLocked ? { isolation: 'read-committed' } : {}), durability: 'lazy', statements: 'at-once' },
      );
      if (running.size === 0) lastSignOfLife = begun;
      for (const { kind, limit, taken } of claimed) {
        for (const held of taken) launch(kind, held);
        kind.more ||= taken.length === limit || runs > 1;
        // A place that became free meanwhile.
        if (kind.more && kind.free > 0) wanted.add(kind.name);
      }
    } catch (error) {
      // The poll tries again.
      logger.error({ err: error }, 'jobs could not be claimed');
    }
  }

  function launch(kind: Kind, held: ClaimedJob): void {
    kind.free--;
    const run = runClaimedJob(held, kind.handler, { ...deps, delayAfter });
    const done = finish(kind, held, run);
    running.set(held.lease, { run, done });
  }

  async function finish(kind: Kind, held: ClaimedJob, run: RunningJob): Promise<void> {
    const change = await run.outcome;
    await keepTrying(held, () => settlement.settle(held, change));
    running.delete(held.lease);
    kind.free++;
    if (kind.more) wake(kind.name);
  }

  /** While the database is away; the lease may outlive that, and is not asked for work that is done. */
  async function keepTrying({ job, lease }: ClaimedJob, store: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await store();
      } catch (error) {
        const unavailable = error instanceof EsteiraError && error.status === 503;
        if (!unavailable || !active || running.get(lease)?.run.aborted() === 'lease-lost') {
          // The lease runs out, and the job is run again.
          logger.error({ err: error, job: job.id }, 'the outcome of a job could not be stored');
          return;
        }
        await sleep(settlePauseMs, undefined, { ref: false });
      }
    }
  }

  async function takeOver(lost: readonly ClaimedJob[], expiredBefore?: number): Promise<void> {
    await Promise.all(
      lost.map((held) => {
        const { id, kind } = held.job;
        logger.warn({ job: id, kind }, 'a worker died with a job in hand');
        const change = changeAfterLostLease(held, clock.now(), deps.ids.next('err'));
        return settlement.settle(held, change, expiredBefore);
      }),
    );
  }

  async function tick(): Promise<void> {
    try {
      await lookAfterRunning();
      const now = clock.now();
      const expired = await jobsWithExpiredLease(database, now);
      // Its own it prolongs with the next sign of life, unless another worker is faster.
      const lost = expired.filter(({ lease }) => !running.has(lease));
      await takeOver(lost, now);
      await scheduler.fire();
      for (const kind of await dueKinds(database, [...kinds.keys()], clock.now())) wake(kind);
    } catch (error) {
      logger.error({ err: error }, 'the queue of jobs could not be looked after');
    }
    stopWhatIsLost();
    if (active) later(pollMs, startTick);
  }

  async function lookAfterRunning(): Promise<void> {
    if (running.size === 0) return;
    const now = clock.now();
    if (now - lastHeartbeat >= heartbeatMs) {
      lastHeartbeat = now;
      await heartbeat(now + leaseMs);
    } else {
      for (const lease of await cancelledLeases(database, [...running.keys()])) abort(lease, 'cancelled');
    }
  }

  /** Cut off from a database that others reach, this worker must not go on with what they have taken over by now. */
  function stopWhatIsLost(): void {
    if (!database.capabilities.manyWriters || performance.now() - lastSignOfLife < leaseMs) return;
    for (const lease of running.keys()) abort(lease, 'lease-lost');
  }

  function abort(lease: string, reason: AbortReason): void {
    running.get(lease)?.run.abort(reason);
  }

  function startTick(): void {
    ticking = tick();
  }

  async function heartbeat(expiresAt: number): Promise<void> {
    const leases = [...running.keys()];
    const begun = performance.now();
    const held = await database.transaction((tx) => renewLeases(tx, leases, expiresAt), {
      isolation: 'read-committed',
      // A lease that is remembered shorter than it was given is prolonged by the next sign of life.
      durability: 'lazy',
    });
    lastSignOfLife = begun;
    for (const lease of leases) {
      const still = held.get(lease);
      if (still === undefined) abort(lease, 'lease-lost');
      else if (still.cancelRequested) abort(lease, 'cancelled');
    }
  }

  function listen(): void {
    listening.push(
      database.listen('jobs', (message) => {
        const wanting = readWakeMessage(message);
        if (wanting !== undefined) return wakeAt(wanting.kind, wanting.runAt);
        for (const kind of kinds.keys()) wake(kind);
      }),
      // A lost announcement is made up for by the tick.
      database.listen('job-cancelled', (id) => {
        for (const { run } of running.values()) if (run.jobId === id) run.abort('cancelled');
      }),
    );
  }

  return {
    register(name, handler, concurrency) {
      if (kinds.has(name)) throw new Error(`Two handlers are registered for jobs of the kind ${name}.`);
      kinds.set(name, { name, handler, free: concurrency, more: false });
    },

    async start() {
      // The installation's folder has one process at a time: what another process of it holds was left by a dead one.
      await takeOver(await jobsOfDeadWorkers(database, deps.installationId, worker));
      await scheduler.start();
      active = true;
      listen();
      startTick();
    },

    async stop() {
      active = false;
      for (const end of listening.splice(0)) end();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      await Promise.all([claiming, ticking]);
      const jobs = [...running.values()];
      for (const { run } of jobs) run.abort('stopping');
      await withinGrace(Promise.all(jobs.map(({ done }) => done)), timing?.stopGrace ?? 10_000);
    },
  };
}

/** A handler that does not stop in time leaves its job to the lease. */
async function withinGrace(work: Promise<unknown>, grace: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, grace);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
