import type { JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { ScheduleTiming } from './schedule-timing.ts';

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A durable unit of work. It is run at least once; its handler makes its effects idempotent by `id` and `attempt`. */
export interface Job {
  readonly id: string;
  readonly workspace: string;
  readonly kind: string;
  readonly state: JobState;
  readonly payload: JsonValue;
  readonly result: JsonValue;
  readonly error: JsonValue;
  readonly progress: { readonly share: number; readonly message: string } | undefined;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly actorId: string;
  readonly createdAt: number;
  /** Not run before. */
  readonly dueAt: number;
  /** Where it was enqueued, as a W3C `traceparent`. */
  readonly traceparent: string | undefined;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/** What a handler is given. It must stop soon after `signal` aborts (cancelled, lease lost, server draining). */
export interface JobRun {
  readonly job: Job;
  readonly context: RequestContext;
  readonly signal: AbortSignal;
  /** Reports progress; `share` from 0 to 1. Cheap: written at most a few times a second. */
  progress(share: number, message: string): void;
}

/** Does the work and returns the result. A thrown EsteiraError with a 4xx status fails at once; anything else is retried. */
export type JobHandler = (run: JobRun) => Promise<JsonValue>;

export interface EnqueueOptions {
  readonly kind: string;
  readonly payload: JsonValue;
  /** A second enqueue with the same key in the same workspace returns the first job. */
  readonly key?: string;
  /** Attempts in all, the first included; 1 unless given. */
  readonly maxAttempts?: number;
  /** Not before this time (ms). */
  readonly runAt?: number;
  /** The span to which the job's own is linked; see `observeJobs`. */
  readonly traceparent?: string;
}

/** A job that comes again and again. */
export interface Schedule {
  /** Permanent, and one over all processes: the time of its next job is kept under it. */
  readonly name: string;
  readonly timing: ScheduleTiming;
  readonly workspace: string;
  readonly kind: string;
  readonly payload: JsonValue;
  readonly maxAttempts?: number;
}

/** The durable queue. */
export interface Jobs {
  /** Registers the handler of a kind; at composition only. `concurrency` bounds how many run at once in this process (default 2). */
  register(kind: string, handler: JobHandler, options?: { concurrency?: number }): void;
  /** Enqueues inside the caller's transaction and wakes idle workers of every process after its commit. Returns the job id. */
  enqueue(tx: SqlTransaction, context: RequestContext, options: EnqueueOptions): Promise<string>;
  /**
   * At composition only. Enqueues a job as the platform at each time of the schedule, once over all processes; times at
   * which no process ran are made up for by one job. Throws an Error for a timing that cannot be read.
   */
  schedule(schedule: Schedule): void;
  find(workspace: string, id: string): Promise<Job | undefined>;
  /** Resolves when the job has finished. Throws JOB_NOT_FOUND. */
  wait(workspace: string, id: string, signal?: AbortSignal): Promise<Job>;
  /** Ends a waiting job; the handler of a running one is told by its signal, in whichever process it runs. */
  cancel(context: RequestContext, id: string): Promise<void>;
  /** Takes back the jobs of this installation's dead workers, then begins to claim. */
  start(): Promise<void>;
  /** Stops claiming, aborts running handlers' signals, waits for them; their jobs return to the queue. */
  stop(): Promise<void>;
}
