import { z } from 'zod';
import type { RequestContext } from '../kernel/actor.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import { watchLostJobs } from './lost-jobs.ts';
import type { PipelineDeps } from './pipeline-deps.ts';
import { type PipelinePlan, planRun } from './pipeline-plan.ts';
import { pipelineRoutes } from './pipeline-routes.ts';
import type { PipelineRun, RunStep } from './pipeline-run.ts';
import { findPipelineRun, listPipelineRuns, type PipelineRunFilter } from './pipeline-run-store.ts';
import { createPipelineService, type PipelineService, type StartPipelineRun } from './pipeline-service.ts';
import { findPipeline, type StoredPipeline } from './pipeline-store.ts';
import { createRunAdvance } from './run-advance.ts';
import { createRunWaiters } from './run-waiters.ts';
import { createStepJob } from './step-job.ts';
import { listSteps } from './step-store.ts';
import { createPipelineLoader } from './stored-pipelines.ts';

export { pipelinesRetention } from './pipelines-retention.ts';

/** What other rooms may ask. */
export interface PipelineReader {
  findPipeline(workspace: string, name: string): Promise<StoredPipeline | undefined>;
  findRun(workspace: string, id: string): Promise<PipelineRun | undefined>;
  listRuns(workspace: string, filter: PipelineRunFilter): Promise<readonly PipelineRun[]>;
  /** Steps of a run in the order of the file, with status and outputs; empty when there is no such run. */
  steps(workspace: string, id: string): Promise<readonly RunStep[]>;
}

export interface Pipelines extends PipelineService {
  /** Tells which steps would reuse an earlier result. */
  planRun(context: RequestContext, request: StartPipelineRun): Promise<PipelinePlan>;
  readonly reader: PipelineReader;
  readonly routes: readonly RouteBinding[];
}

/** The room pipelines. Registers its job handlers and its event subscriptions: call it before jobs and events start. */
export function createPipelines(given: PipelineDeps): Pipelines {
  const { sql } = given;
  const kinds = new Map<string, StepKind>();
  for (const kind of given.stepKinds) {
    if (kinds.has(kind.kind)) throw new Error(`Two step kinds are named ${kind.kind}.`);
    kinds.set(kind.kind, kind);
  }
  const waiters = createRunWaiters(sql);
  const load = createPipelineLoader(sql);
  const deps = { ...given, kinds, load, waiters };
  const { environmentDigest } = given.source;
  const preparation = { sql, clock: given.clock, kinds, environmentDigest };
  const advance = createRunAdvance(deps);
  const service = createPipelineService(deps);

  const concurrency = given.stepConcurrency ?? 4;
  given.jobs.register('pipelines.step', createStepJob(deps, advance), { concurrency });
  given.jobs.register(
    'pipelines.run',
    async ({ job, context }) => {
      await advance(context, z.object({ pipelineRunId: z.string() }).parse(job.payload).pipelineRunId);
      return null;
    },
    { concurrency },
  );
  watchLostJobs(deps, advance);

  return {
    ...service,
    planRun: (context, { pipeline, parameters = {}, refresh = false }) =>
      planRun(preparation, context, { pipeline, parameters, refresh }),
    reader: {
      findPipeline: (workspace, name) => findPipeline(sql, workspace, name),
      findRun: (workspace, id) => findPipelineRun(sql, workspace, id),
      listRuns: (workspace, filter) => listPipelineRuns(sql, workspace, filter),
      async steps(workspace, id) {
        return (await findPipelineRun(sql, workspace, id)) === undefined ? [] : listSteps(sql, id);
      },
    },
    routes: pipelineRoutes({ ...preparation, jobs: given.jobs, load, service }),
  };
}
