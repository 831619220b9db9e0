import type { JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import { parsePipeline, readStoredPipeline } from './parse-pipeline.ts';
import { fillParameters, type ParsedPipeline } from './pipeline.ts';
import { isDone, type PipelineRun } from './pipeline-run.ts';
import { countEnded, findPipelineRun, insertPipelineRun, updatePipelineRun } from './pipeline-run-store.ts';
import { findPipeline, putSpec, type StoredPipeline } from './pipeline-store.ts';
import type { AdvanceDeps } from './run-advance.ts';
import type { RunWaiters } from './run-waiters.ts';
import { endRun } from './step-ending.ts';
import { changeSteps, insertSteps, listSteps } from './step-store.ts';

export interface StartPipelineRun {
  readonly pipeline: string;
  readonly parameters?: Readonly<Record<string, JsonValue>>;
  /** `manual` unless given; `retraining:<id>` and the like say what started it. */
  readonly trigger?: string;
  /** No step uses an earlier result. */
  readonly refresh?: boolean;
}

export interface PipelineService {
  /** Stores a file as the current version; the same content is the same version. Throws PIPELINE_SPEC_INVALID. */
  put(context: RequestContext, name: string, text: string): Promise<StoredPipeline>;
  /** Starts a run of the current version and returns its id. Throws PIPELINE_NOT_FOUND, PIPELINE_PARAMETER_INVALID. */
  start(context: RequestContext, request: StartPipelineRun): Promise<string>;
  /** Resolves when the run has ended. Throws PIPELINE_RUN_NOT_FOUND, or the signal's reason. */
  wait(workspace: string, id: string, signal?: AbortSignal): Promise<PipelineRun>;
  /** Stops a run; one that has ended stays as it is. Throws PIPELINE_RUN_NOT_FOUND. */
  cancel(context: RequestContext, id: string): Promise<void>;
  /** Takes a failed or cancelled run up again. Throws PIPELINE_RUN_NOT_FOUND, PIPELINE_RUN_NOT_RESUMABLE. */
  resume(context: RequestContext, id: string): Promise<void>;
}

export function createPipelineService(deps: AdvanceDeps & { readonly waiters: RunWaiters }): PipelineService {
  return {
    async put(context, name, text) {
      const parsed = parsePipeline(text, deps.kinds, name);
      await deps.sql.transaction(async (tx) => {
        const { project } = parsed.spec;
        const spec = {
          name,
          project,
          digest: parsed.digest,
          text,
          createdBy: context.actor.id,
          at: deps.clock.now(),
        };
        const { version, changed } = await putSpec(tx, context.workspace, spec);
        if (!changed) return;
        await deps.audit.record(tx, context, {
          action: 'pipelines.spec.put',
          subject: { kind: 'pipeline', id: name },
          details: { version, digest: parsed.digest },
        });
      });
      return existingPipeline(deps, context.workspace, name);
    },

    async start(context, request) {
      const stored = await existingPipeline(deps, context.workspace, request.pipeline);
      const pipeline = readStoredPipeline(stored.text);
      const filled = fillParameters(pipeline.spec, request.parameters ?? {});
      if ('problem' in filled) {
        throw esteiraError('PIPELINE_PARAMETER_INVALID', { name: stored.name, problem: filled.problem });
      }
      return startRun(deps, context, stored, pipeline, {
        parameters: filled.values,
        trigger: request.trigger ?? 'manual',
        refresh: request.refresh ?? false,
      });
    },

    async wait(workspace, id, signal) {
      for (;;) {
        const { news, leave } = deps.waiters.join(id, signal);
        try {
          const run = await existingRun(deps, workspace, id);
          if (run.finishedAt !== undefined) return run;
          await news;
        } finally {
          leave();
        }
      }
    },

    async cancel(context, id) {
      await existingRun(deps, context.workspace, id);
      const jobs = await deps.sql.transaction(async (tx) => {
        const run = await findPipelineRun(tx, context.workspace, id);
        if (run === undefined || run.finishedAt !== undefined || run.cancelRequested) return [];
        await updatePipelineRun(tx, id, {
          cancelRequested: true,
          reason: `cancelled by ${context.actor.name}`,
        });
        const steps = await listSteps(tx, id);
        const queued = steps.filter((step) => step.status === 'queued').map((step) => step.step);
        const change = {
          status: 'cancelled' as const,
          reason: 'the run was cancelled',
          finishedAt: deps.clock.now(),
        };
        const cancelled = await changeSteps(tx, id, queued, 'queued', change);
        if ((await countEnded(tx, id, cancelled)) === 0) await endRun(deps, tx, context, run);
        await deps.audit.record(tx, context, {
          action: 'pipelines.run.cancelled',
          subject: { kind: 'pipeline-run', id },
        });
        return steps.flatMap((step) =>
          step.jobId !== undefined && (step.status === 'queued' || step.status === 'running')
            ? [step.jobId]
            : [],
        );
      });
      for (const job of jobs) await deps.jobs.cancel(context, job);
    },

    async resume(context, id) {
      const found = await existingRun(deps, context.workspace, id);
      const pipeline = await deps.load(found);
      await deps.sql.transaction((tx) => resumeRun(deps, tx, context, id, pipeline));
    },
  };
}

async function startRun(
  deps: AdvanceDeps,
  context: RequestContext,
  stored: StoredPipeline,
  pipeline: ParsedPipeline,
  request: { parameters: Readonly<Record<string, JsonValue>>; trigger: string; refresh: boolean },
): Promise<string> {
  const { workspace } = context;
  const id = deps.ids.next('prun');
  await deps.sql.transaction(async (tx) => {
    const tracked = await deps.tracking.within(tx).startRun(context, {
      experiment: stored.name,
      project: stored.project,
      name: `${stored.name} v${stored.version}`,
      source: deps.source,
      tags: { pipelineRun: id, pipeline: stored.name, trigger: request.trigger },
    });
    const run: PipelineRun = {
      id,
      workspace,
      pipeline: stored.name,
      project: stored.project,
      specVersion: stored.version,
      specDigest: stored.digest,
      ...request,
      status: 'queued',
      reason: undefined,
      cancelRequested: false,
      resumes: 0,
      trackingRunId: tracked.id,
      createdBy: context.actor.id,
      createdAt: deps.clock.now(),
      startedAt: undefined,
      finishedAt: undefined,
    };
    const steps = pipeline.spec.steps.map(({ name }) => ({
      name,
      waiting: pipeline.graph.needs.get(name)?.length ?? 0,
    }));
    await insertPipelineRun(tx, run, steps.length);
    await insertSteps(tx, run, steps);
    await deps.audit.record(tx, context, {
      action: 'pipelines.run.started',
      subject: { kind: 'pipeline-run', id },
      details: { pipeline: stored.name, version: stored.version, trigger: request.trigger },
    });
    await enqueueRun(deps, tx, context, id, 0);
  });
  return id;
}

async function resumeRun(
  deps: AdvanceDeps,
  tx: SqlTransaction,
  context: RequestContext,
  id: string,
  pipeline: ParsedPipeline,
): Promise<void> {
  const run = await findPipelineRun(tx, context.workspace, id);
  if (run === undefined || (run.status !== 'failed' && run.status !== 'cancelled')) {
    throw esteiraError('PIPELINE_RUN_NOT_RESUMABLE', { id, status: run?.status ?? 'gone' });
  }
  const steps = await listSteps(tx, id);
  const done = new Set(steps.filter((step) => isDone(step.status)).map((step) => step.step));
  // Grouped, so that a large graph takes a few statements.
  const groups = new Map<string, { status: 'failed' | 'cancelled'; waiting: number; steps: string[] }>();
  for (const { step, status } of steps) {
    if (status !== 'failed' && status !== 'cancelled') continue;
    const waiting = (pipeline.graph.needs.get(step) ?? []).filter((need) => !done.has(need)).length;
    const group = groups.get(`${status} ${waiting}`) ?? { status, waiting, steps: [] };
    group.steps.push(step);
    groups.set(`${status} ${waiting}`, group);
  }
  let unfinished = 0;
  for (const { status, waiting, steps: names } of groups.values()) {
    const reset = {
      status: 'queued' as const,
      reason: null,
      error: null,
      failures: 0,
      jobId: null,
      finishedAt: null,
      waiting,
    };
    unfinished += await changeSteps(tx, id, names, status, reset);
  }
  const resumes = run.resumes + 1;
  const reopened = { status: 'running' as const, reason: null, cancelRequested: false, finishedAt: null };
  await updatePipelineRun(tx, id, { ...reopened, resumes, unfinished });
  await deps.tracking.within(tx).finishRun(context, run.trackingRunId, 'running');
  await deps.audit.record(tx, context, {
    action: 'pipelines.run.resumed',
    subject: { kind: 'pipeline-run', id },
  });
  await enqueueRun(deps, tx, context, id, resumes);
}

async function enqueueRun(
  deps: AdvanceDeps,
  tx: SqlTransaction,
  context: RequestContext,
  id: string,
  resumes: number,
): Promise<void> {
  await deps.jobs.enqueue(tx, context, {
    kind: 'pipelines.run',
    payload: { pipelineRunId: id },
    key: `pipelines.run:${id}:${resumes}`,
  });
}

async function existingPipeline(deps: AdvanceDeps, workspace: string, name: string): Promise<StoredPipeline> {
  const found = await findPipeline(deps.sql, workspace, name);
  if (found === undefined) throw esteiraError('PIPELINE_NOT_FOUND', { name });
  return found;
}

async function existingRun(deps: AdvanceDeps, workspace: string, id: string): Promise<PipelineRun> {
  const run = await findPipelineRun(deps.sql, workspace, id);
  if (run === undefined) throw esteiraError('PIPELINE_RUN_NOT_FOUND', { id });
  return run;
}
