import type { Actor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import type { RandomSource } from '../kernel/random-source.ts';
import type { SqlDatabase } from '../storage/sql/sql-database.ts';
import type { JobHandler } from './job.ts';
import type { JobNews } from './job-news.ts';
import { changeAfterLostLease, retryDelay } from './job-outcome.ts';
import {
  type ClaimedJob,
  changeHeldJob,
  claimJobs,
  dueKinds,
  type JobChange,
  jobsOfDeadWorkers,
  jobsWithExpiredLease,
  renewLeases,
} from './job-store.ts';
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
  /** How long a worker holds a job without a sign of life; 15,000 unless given. */
  readonly lease?: number;
  /** 5,000 unless given. */
  readonly heartbeat?: number;
  /** How often jobs of other processes, dead leases and distant start times are looked for; 2,000 unless given. */
  readonly poll?: number;
  /** How long `stop` waits for handlers; 10,000 unless given. */
  readonly stopGrace?: number;
  /** Pause before the next attempt; `retryDelay` of `job-outcome.ts` unless given. */
  retryDelay?(attempt: number): number;
}

export interface JobWorker {
  register(kind: string, handler: JobHandler, concurrency: number): void;
  /** Claims a job of the kind as soon as it is due and a slot is free. */
  wakeAt(kind: string, runAt: number): void;
  abort(jobId: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly handler: JobHandler;
  free: number;
}

const longestTimer = 2 ** 31 - 1;

/** Claims jobs, runs them, keeps their leases, and takes over those of workers that have died. */
export function createJobWorker(deps: JobWorkerDeps, news: JobNews): JobWorker {
  const { database, clock, logger, timing } = deps;
  const leaseMs = timing?.lease ?? 15_000;
  const heartbeatMs = timing?.heartbeat ?? 5_000;
  const pollMs = timing?.poll ?? 2_000;
  const delayAfter = timing?.retryDelay ?? ((attempt: number) => retryDelay(attempt, deps.random.bytes(2)));

  const worker = `${deps.installationId}:${deps.ids.next('worker')}`;
  const kinds = new Map<string, Kind>();
  const running = new Map<string, { run: RunningJob; done: Promise<void> }>();
  const wanted = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let claiming: Promise<void> | undefined;
  let ticking: Promise<void> | undefined;
  let leasesGiven = 0;
  let lastHeartbeat = 0;
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
    // A longer pause than a timer can hold is left to the poll.
    else if (active && delay <= longestTimer) later(delay, () => wake(kind));
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
      return kind !== undefined && kind.free > 0 ? [{ kind, limit: kind.free }] : [];
    });
    wanted.clear();
    if (requests.length === 0) return;
    const nextLease = () => `${worker}:${++leasesGiven}`;
    try {
      const claimed = await database.transaction(async (tx) => {
        const taken: { kind: Kind; held: ClaimedJob }[] = [];
        for (const { kind, limit } of requests) {
          const now = clock.now();
          const claim = { kind: kind.name, limit, now, expiresAt: now + leaseMs, nextLease };
          for (const held of await claimJobs(tx, claim)) taken.push({ kind, held });
        }
        return taken;
      });
      for (const { kind, held } of claimed) launch(kind, held);
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
    try {
      await settle([held], () => change);
    } catch (error) {
      // The lease runs out, and the job is run again.
      logger.error({ err: error, job: held.job.id }, 'the outcome of a job could not be stored');
    }
    running.delete(held.lease);
    kind.free++;
    wake(kind.name);
  }

  /** Stores what jobs become, except those whose lease was lost in the meantime: they are somebody else's. */
  async function settle(
    jobs: readonly ClaimedJob[],
    changeOf: (held: ClaimedJob) => JobChange,
  ): Promise<void> {
    if (jobs.length === 0) return;
    await database.transaction(async (tx) => {
      for (const held of jobs) {
        const change = changeOf(held);
        if (!(await changeHeldJob(tx, held, change))) continue;
        if (change.state === 'queued') tx.afterCommit(() => wakeAt(held.job.kind, change.runAt));
        else await news.finished(tx, held, change.state);
      }
    });
  }

  async function takeOver(lost: readonly ClaimedJob[]): Promise<void> {
    for (const { job } of lost)
      logger.warn({ job: job.id, kind: job.kind }, 'a worker died with a job in hand');
    await settle(lost, (held) => changeAfterLostLease(held, clock.now(), deps.ids.next('err')));
  }

  async function tick(): Promise<void> {
    try {
      const now = clock.now();
      if (running.size > 0 && now - lastHeartbeat >= heartbeatMs) {
        lastHeartbeat = now;
        await heartbeat(now + leaseMs);
      }
      await takeOver(await jobsWithExpiredLease(database, clock.now()));
      for (const kind of await dueKinds(database, [...kinds.keys()], clock.now())) wake(kind);
    } catch (error) {
      logger.error({ err: error }, 'the queue of jobs could not be looked after');
    }
    if (active) later(pollMs, startTick);
  }

  function startTick(): void {
    ticking = tick();
  }

  async function heartbeat(expiresAt: number): Promise<void> {
    const leases = [...running.keys()];
    const held = await database.transaction((tx) => renewLeases(tx, leases, expiresAt));
    for (const lease of leases) {
      const still = held.get(lease);
      if (still === undefined) running.get(lease)?.run.abort('lease-lost');
      else if (still.cancelRequested) running.get(lease)?.run.abort('cancelled');
    }
  }

  return {
    register(name, handler, concurrency) {
      if (kinds.has(name)) throw new Error(`Two handlers are registered for jobs of the kind ${name}.`);
      kinds.set(name, { name, handler, free: concurrency });
    },

    wakeAt,

    abort(jobId) {
      for (const { run } of running.values()) if (run.jobId === jobId) run.abort('cancelled');
    },

    async start() {
      // With many writers, other processes of the installation may be alive: their leases run out by themselves.
      if (!database.capabilities.manyWriters) {
        await takeOver(await jobsOfDeadWorkers(database, deps.installationId, worker));
      }
      active = true;
      startTick();
    },

    async stop() {
      active = false;
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
