import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { isEnded } from './pipeline-run.ts';
import { findPipelineRun } from './pipeline-run-store.ts';
import type { AdvanceDeps, AdvanceRun } from './run-advance.ts';
import { endStep } from './step-ending.ts';
import { describeError } from './step-error.ts';
import { findStepByJob, listReadySteps } from './step-store.ts';

const batch = 100;

/**
 * Watches for jobs of this room that ended without their handler having its say: cancelled by themselves, given up after
 * too many dead workers, or failed by the machinery. Their step ends with them, so that no run waits for ever.
 */
export function watchLostJobs(deps: AdvanceDeps, advance: AdvanceRun): void {
  deps.events.subscribe('job.finished', 'pipelines.lost-jobs', async (event) => {
    const { kind, state, jobId } = event.payload;
    if (state === 'succeeded' || (kind !== 'pipelines.step' && kind !== 'pipelines.run')) return;
    const pipelineRunId =
      kind === 'pipelines.step'
        ? (await findStepByJob(deps.sql, jobId))?.pipelineRunId
        : await runOfJob(deps, event.workspace, jobId);
    if (pipelineRunId === undefined) return;
    const run = await findPipelineRun(deps.sql, event.workspace, pipelineRunId);
    if (run === undefined) return;
    const actor = {
      id: run.createdBy,
      kind: 'system' as const,
      name: run.createdBy,
      roles: [],
      permissions: new Set<never>(),
    };
    const context: RequestContext = { workspace: event.workspace, actor, requestId: event.id };
    if (kind === 'pipelines.step') await endLostStep(deps, context, jobId, state);
    try {
      await advance(context, pipelineRunId);
    } catch (error) {
      deps.logger.error(
        { err: error, pipelineRun: pipelineRunId },
        'a pipeline run cannot be moved on and is given up',
      );
      await giveUp(deps, context, pipelineRunId, error);
    }
  });
}

async function runOfJob(deps: AdvanceDeps, workspace: string, jobId: string): Promise<string | undefined> {
  const payload: unknown = (await deps.jobs.find(workspace, jobId))?.payload;
  if (typeof payload !== 'object' || payload === null || !('pipelineRunId' in payload)) return undefined;
  return typeof payload.pipelineRunId === 'string' ? payload.pipelineRunId : undefined;
}

async function endLostStep(
  deps: AdvanceDeps,
  context: RequestContext,
  jobId: string,
  state: 'failed' | 'cancelled',
): Promise<void> {
  const found = await findStepByJob(deps.sql, jobId);
  if (found === undefined || isEnded(found.status)) return;
  const run = await findPipelineRun(deps.sql, context.workspace, found.pipelineRunId);
  if (run === undefined) return;
  const pipeline = await deps.load(run);
  const status = run.cancelRequested ? 'cancelled' : state;
  const error = describeError(esteiraError('STEP_INTERRUPTED', { step: found.step }));
  const reason = status === 'cancelled' ? 'its job was cancelled' : error.what;
  const change = status === 'cancelled' ? { reason } : { reason, error };
  await deps.sql.transaction(async (tx) => {
    const ending = { step: found.step, status, change };
    if (!(await endStep(deps, tx, { context, run, pipeline }, ending))) return;
    if (found.trackingRunId === undefined) return;
    await deps.tracking.within(tx).finishRun(context, found.trackingRunId, status);
  });
}

async function giveUp(
  deps: AdvanceDeps,
  context: RequestContext,
  pipelineRunId: string,
  error: unknown,
): Promise<void> {
  const run = await findPipelineRun(deps.sql, context.workspace, pipelineRunId);
  if (run === undefined) return;
  const pipeline = await deps.load(run);
  const described = describeError(error);
  const change = { reason: described.what, error: described };
  while (true) {
    const ready = await listReadySteps(deps.sql, pipelineRunId, batch);
    if (ready.length === 0) return;
    await deps.sql.transaction(async (tx) => {
      for (const step of ready)
        await endStep(deps, tx, { context, run, pipeline }, { step, status: 'failed', change });
    });
  }
}
