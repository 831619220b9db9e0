import { type JobError, jobsApi } from '@esteira/contracts';
import { esteiraError } from '../kernel/errors.ts';
import { pagesById } from '../kernel/paging.ts';
import { bindRoute, type RouteBinding } from '../kernel/route-binding.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import type { Job, Jobs } from './job.ts';
import { listJobs } from './job-store.ts';

const pages = pagesById('jobs');

export function createJobsRoutes(deps: { jobs: Jobs; database: SqlReader }): readonly RouteBinding[] {
  const { jobs, database } = deps;

  async function find(workspace: string, id: string): Promise<Job> {
    const job = await jobs.find(workspace, id);
    if (job === undefined) throw esteiraError('JOB_NOT_FOUND', { id });
    return job;
  }

  return [
    bindRoute(jobsApi.list, async ({ query }, { workspace }) => {
      const found = await listJobs(database, workspace, {
        limit: query.limit + 1,
        ...(query.state === undefined ? {} : { state: query.state }),
        ...(query.kind === undefined ? {} : { kind: query.kind }),
        ...pages.before(query.cursor),
      });
      return pages.of(found, query.limit, toReply);
    }),

    bindRoute(jobsApi.get, async ({ params, query }, { workspace }, signal) => {
      if (query.waitSeconds === 0) return toReply(await find(workspace, params.id));
      const timeUp = AbortSignal.timeout(query.waitSeconds * 1000);
      try {
        return toReply(await jobs.wait(workspace, params.id, AbortSignal.any([signal, timeUp])));
      } catch (error) {
        if (!timeUp.aborted && !signal.aborted) throw error;
        return toReply(await find(workspace, params.id));
      }
    }),

    bindRoute(jobsApi.cancel, async ({ params }, context) => {
      await jobs.cancel(context, params.id);
      return toReply(await find(context.workspace, params.id));
    }),
  ];
}

function toReply(job: Job) {
  const { workspace: _workspace, error, progress, startedAt, finishedAt, ...rest } = job;
  return {
    ...rest,
    error: error as JobError | null,
    ...(progress === undefined ? {} : { progress }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
  };
}
