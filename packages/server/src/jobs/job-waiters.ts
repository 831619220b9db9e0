import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { Job } from './job.ts';
import { findJobs, type StoredJob } from './job-store.ts';

/** Those who wait in this process for jobs to finish, whoever runs them. */
export interface JobWaiters {
  /** Called before the job can be known to anybody else: nothing of it is missed from then on. */
  expect(workspace: string, id: string): void;
  /** Whether the job was expected and there was no news of it yet: whoever waits by now need not look. True once at most. */
  takeExpected(workspace: string, id: string): boolean;
  /**
   * Resolves when the job is announced or after `fallbackMs`, with the job when it is known; rejects when `signal` aborts.
   * `leave` ends the wait.
   */
  wait(
    id: string,
    fallbackMs: number,
    signal: AbortSignal | undefined,
  ): { changed: Promise<Job | undefined>; leave(): void };
  /** Wakes those who wait for the job, to look for it; all of them when `id` is empty. */
  announce(id: string): void;
  /** Gives a job that has finished to those who wait for it. */
  finished(job: Job): void;
  /** The job as it is stored. Looks that are asked for in one turn of the event loop are one. */
  look(id: string): Promise<StoredJob | undefined>;
}

export function createJobWaiters(deps: { database: SqlReader }): JobWaiters {
  const waiting = new Map<string, Set<(job?: Job) => void>>();
  /** Their workspaces by their ids, oldest first. */
  const expected = new Map<string, string>();
  let looking: { ids: Set<string>; found: Promise<ReadonlyMap<string, StoredJob>> } | undefined;

  function resumeAll(id: string, job?: Job): void {
    expected.delete(id);
    for (const resume of [...(waiting.get(id) ?? [])]) resume(job);
  }

  function lookTogether(): { ids: Set<string>; found: Promise<ReadonlyMap<string, StoredJob>> } {
    const ids = new Set<string>();
    const found = new Promise((resolve) => setImmediate(resolve)).then(async () => {
      looking = undefined;
      const jobs: StoredJob[] = [];
      const asked = [...ids];
      for (let start = 0; start < asked.length; start += mostAtOnce) {
        jobs.push(...(await findJobs(deps.database, padded(asked.slice(start, start + mostAtOnce)))));
      }
      return new Map(jobs.map((stored) => [stored.job.id, stored]));
    });
    return { ids, found };
  }

  return {
    expect(workspace, id) {
      expected.set(id, workspace);
      const [oldest] = expected.keys();
      if (expected.size > mostExpected && oldest !== undefined) expected.delete(oldest);
    },

    takeExpected: (workspace, id) => expected.get(id) === workspace && expected.delete(id),

    wait(id, fallbackMs, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Job | undefined>();
      // The signal may abort while whoever waits still reads, and so does not look at the promise yet.
      promise.catch(() => undefined);
      const here = waiting.get(id) ?? new Set();
      waiting.set(id, here);
      const timer = setTimeout(resume, fallbackMs);
      const abort = () => {
        leave();
        reject(signal?.reason);
      };
      here.add(resume);
      signal?.addEventListener('abort', abort, { once: true });

      function resume(job?: Job): void {
        leave();
        resolve(job);
      }
      function leave(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        here.delete(resume);
        if (here.size === 0 && waiting.get(id) === here) waiting.delete(id);
      }
      return { changed: promise, leave };
    },

    announce(id) {
      if (id === '') expected.clear();
      for (const each of id === '' ? [...waiting.keys()] : [id]) resumeAll(each);
    },

    finished: (job) => resumeAll(job.id, job),

    async look(id) {
      looking ??= lookTogether();
      looking.ids.add(id);
      return (await looking.found).get(id);
    },
  };
}

const mostAtOnce = 64;

// Of a transaction that was taken back, no news ever comes.
const mostExpected = 1_000;

/** To a power of two, by ids that no job has: a statement for each length would not stay prepared. */
function padded(ids: readonly string[]): readonly string[] {
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  return Array.from({ length }, (_, index) => ids[index] ?? '');
}
