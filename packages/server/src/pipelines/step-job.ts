import type { JsonValue } from '@esteira/contracts';
import { z } from 'zod';
import type { CostEntry } from '../governance/index.ts';
import type { JobHandler, JobRun } from '../jobs/index.ts';
import type { RequestContext } from '../kernel/actor.ts';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { StepKind, StepOutputs } from '../kernel/step-kind.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { BatchedRunLog, RunBatch } from '../tracking/index.ts';
import { referencesIn } from './cache-key.ts';
import { createCpuMeter } from './cpu-meter.ts';
import { isEnded, type RunStep } from './pipeline-run.ts';
import { findPipelineRun } from './pipeline-run-store.ts';
import {
  type AdvanceDeps,
  type AdvanceRun,
  type AttemptKey,
  applyPrepared,
  enqueueStep,
  foreseeReady,
} from './run-advance.ts';
import { putCachedResult } from './step-cache-store.ts';
import { endStep, outputReferences, type RunAtWork } from './step-ending.ts';
import { describeError, isWorthRetrying } from './step-error.ts';
import { completeInputs, seedsOf, stepParams } from './step-params.ts';
import { changeStep, findStep } from './step-store.ts';

const Payload = z.object({ pipelineRunId: z.string(), step: z.string(), attempt: z.number() });

/** An attempt of a step at work. */
interface Attempt extends RunAtWork {
  readonly row: RunStep;
  readonly kind: StepKind;
  readonly trackingRunId: string;
}

/** What an attempt leaves, however it ends: what it logged and did not send yet, and its time of the processor. */
interface Remains {
  readonly batches: readonly RunBatch[];
  readonly cpuSeconds: number;
}

// The inputs and outputs of a step travel with every look at a run.
const maxOutputBytes = 1_000_000;

/**
 * Runs one attempt of a step: opens its tracking run, calls the kind, and writes the end of both, its costs and its cache
 * entry in one transaction. A step whose end was written before a crash is not called again; only what it frees is.
 */
export function createStepJob(deps: AdvanceDeps, advance: AdvanceRun): JobHandler {
  const meter = createCpuMeter(deps.cpuSeconds);

  return async (jobRun) => {
    const key = Payload.parse(jobRun.job.payload);
    const { context } = jobRun;
    const begun = await begin(deps, context, key);
    if (begun !== undefined) await work(begun, jobRun);
    await advance(context, key.pipelineRunId);
    return null;
  };

  async function work(attempt: Attempt, jobRun: JobRun): Promise<void> {
    const log = deps.tracking.openLog(jobRun.context, attempt.trackingRunId);
    const endMeasuring = meter.start();
    try {
      const outputs = checkOutputs(attempt, await attempt.kind.run(stepRun(attempt, jobRun, log)));
      const batches = await log.finish();
      const cpuSeconds = endMeasuring();
      const { run, row } = attempt;
      const next = await foreseeReady(deps, attempt, row.step, outputs);
      await deps.sql.transaction(async (tx) => {
        await succeed(deps, tx, attempt, { outputs, batches, cpuSeconds });
        const current = await findPipelineRun(tx, run.workspace, run.id);
        if (current === undefined || current.cancelRequested) return;
        await applyPrepared(deps, tx, { ...attempt, run: current }, next);
      });
    } catch (error) {
      const batches = await log.finish().catch((): readonly RunBatch[] => []);
      await fail(deps, attempt, jobRun.signal, { error, batches, cpuSeconds: endMeasuring() });
    }
  }
}

async function begin(
  deps: AdvanceDeps,
  context: RequestContext,
  { pipelineRunId, step, attempt }: AttemptKey,
): Promise<Attempt | undefined> {
  const run = await findPipelineRun(deps.sql, context.workspace, pipelineRunId);
  if (run === undefined) return undefined;
  const pipeline = await deps.load(run);
  const specStep = pipeline.steps.get(step);
  return deps.sql.transaction(async (tx) => {
    const row = await findStep(tx, pipelineRunId, step);
    if (row === undefined || specStep === undefined || isEnded(row.status) || row.attempt !== attempt)
      return undefined;
    const kind = deps.kinds.get(specStep.uses);
    if (kind === undefined) {
      const problem = `this server has no step kind ${specStep.uses}`;
      const error = describeError(esteiraError('STEP_INPUT_INVALID', { step, kind: specStep.uses, problem }));
      const change = { reason: error.what, error };
      await endStep(deps, tx, { context, run, pipeline }, { step, status: 'failed', change });
      return undefined;
    }
    const tracking = deps.tracking.within(tx);
    // Left open by a process that died in the middle of this attempt.
    if (row.status === 'running' && row.trackingRunId !== undefined) {
      await tracking.finishRun(context, row.trackingRunId, 'failed');
    }
    const inputs = completeInputs(kind, row.inputs ?? {});
    const tracked = await tracking.startRun(context, {
      experiment: run.pipeline,
      project: run.project,
      name: step,
      parentRunId: run.trackingRunId,
      source: { ...deps.source, seeds: seedsOf(inputs) },
      tags: { pipelineRun: run.id, step, kind: kind.kind, attempt: String(attempt) },
    });
    await tracking.log(context, tracked.id, {
      params: stepParams(inputs),
      inputs: referencesIn(inputs).map(({ path, reference }) => ({ role: path.slice(0, 255), reference })),
    });
    const startedAt = deps.clock.now();
    await changeStep(tx, pipelineRunId, step, ['queued', 'running'], {
      status: 'running',
      trackingRunId: tracked.id,
      startedAt,
    });
    return { context, run, pipeline, row: { ...row, startedAt }, kind, trackingRunId: tracked.id };
  });
}

function stepRun(attempt: Attempt, jobRun: JobRun, log: BatchedRunLog) {
  return {
    context: jobRun.context,
    project: attempt.run.project,
    pipelineRunId: attempt.run.id,
    step: attempt.row.step,
    attempt: attempt.row.attempt,
    runId: attempt.trackingRunId,
    with: attempt.kind.with.parse(attempt.row.inputs ?? {}),
    signal: jobRun.signal,
    progress: jobRun.progress,
    log,
  };
}

function checkOutputs(attempt: Attempt, outputs: StepOutputs): Readonly<Record<string, JsonValue>> {
  const refuse = (problem: string) =>
    esteiraError('STEP_OUTPUT_INVALID', { step: attempt.row.step, kind: attempt.kind.kind, problem });
  const text = JSON.stringify(outputs);
  if (text.length > maxOutputBytes)
    throw refuse(`they are ${text.length} bytes of JSON, at most ${maxOutputBytes} are kept`);
  for (const name of attempt.kind.outputs ?? []) if (!(name in outputs)) throw refuse(`"${name}" is missing`);
  return JSON.parse(text) as Record<string, JsonValue>;
}

async function succeed(
  deps: AdvanceDeps,
  tx: SqlTransaction,
  attempt: Attempt,
  { outputs, ...remains }: Remains & { readonly outputs: Readonly<Record<string, JsonValue>> },
): Promise<void> {
  const { run, row } = attempt;
  const change = { outputs, cpuSeconds: remains.cpuSeconds };
  if (!(await endStep(deps, tx, attempt, { step: row.step, status: 'succeeded', change }))) return;
  await closeTracking(deps, tx, attempt, { ...remains, status: 'succeeded', outputs });
  if (row.cacheKey !== undefined) {
    await putCachedResult(tx, run.workspace, row.cacheKey, {
      pipelineRunId: run.id,
      step: row.step,
      outputs,
      trackingRunId: attempt.trackingRunId,
      createdAt: deps.clock.now(),
    });
  }
}

async function fail(
  deps: AdvanceDeps,
  attempt: Attempt,
  signal: AbortSignal,
  { error, ...remains }: Remains & { readonly error: unknown },
): Promise<void> {
  const { context, pipeline, row } = attempt;
  const { step, pipelineRunId } = row;
  const run = (await findPipelineRun(deps.sql, context.workspace, pipelineRunId)) ?? attempt.run;
  // The server stops or has lost the job: the queue gives the same attempt out again. A job cancelled by itself is told
  // by its event.
  if (signal.aborted && !run.cancelRequested) throw error;
  const unexpected = !(error instanceof EsteiraError);
  if (unexpected && !signal.aborted)
    deps.logger.error({ err: error, pipelineRun: run.id, step }, 'a step failed unexpectedly');
  const described = signal.aborted ? undefined : describeError(error);
  await deps.sql.transaction(async (tx) => {
    const failures = row.failures + 1;
    const retries = pipeline.steps.get(step)?.retries ?? 0;
    const status = signal.aborted ? ('cancelled' as const) : ('failed' as const);
    if (status === 'failed' && failures <= retries && isWorthRetrying(error) && !run.cancelRequested) {
      const next = row.attempt + 1;
      const runAt = deps.clock.now() + Math.min(60_000, 1000 * 2 ** (failures - 1));
      const jobId = await enqueueStep(deps, tx, context, {
        pipelineRunId: run.id,
        step,
        attempt: next,
        runAt,
      });
      const reason = `attempt ${row.attempt} failed: ${described?.what ?? ''}`;
      await changeStep(tx, run.id, step, ['running'], {
        status: 'queued',
        attempt: next,
        failures,
        jobId,
        reason,
      });
    } else {
      const reason = described?.what ?? 'the run was cancelled';
      const change = { reason, error: described ?? null, failures, cpuSeconds: remains.cpuSeconds };
      if (!(await endStep(deps, tx, { context, run, pipeline }, { step, status, change }))) return;
    }
    await closeTracking(deps, tx, attempt, { ...remains, status, outputs: {} }).catch((refused: unknown) => {
      // What cannot be logged must not keep the step from ending.
      deps.logger.warn({ err: refused, pipelineRun: run.id, step }, 'the log of a failed step was not kept');
    });
  });
}

async function closeTracking(
  deps: AdvanceDeps,
  tx: SqlTransaction,
  { context, run, row, kind, trackingRunId }: Attempt,
  {
    status,
    outputs,
    batches,
    cpuSeconds,
  }: Remains & {
    readonly status: 'succeeded' | 'failed' | 'cancelled';
    readonly outputs: Readonly<Record<string, JsonValue>>;
  },
): Promise<void> {
  const tracking = deps.tracking.within(tx);
  await deps.costs.record(tx, context, {
    kind: costKind(kind),
    project: run.project,
    subject: { kind: 'pipeline-run', id: run.id },
    cpuSeconds,
  });
  await tracking.finishRun(context, trackingRunId, status);
  for (const batch of batches) await tracking.log(context, trackingRunId, batch);
  const seconds = (deps.clock.now() - (row.startedAt ?? deps.clock.now())) / 1000;
  await tracking.log(context, trackingRunId, {
    metrics: [
      { name: 'step.seconds', value: seconds },
      { name: 'step.cpu_seconds', value: cpuSeconds },
    ],
    outputs: outputReferences(outputs),
  });
}

function costKind(kind: StepKind): CostEntry['kind'] {
  const room = kind.kind.split('.')[0];
  return room === 'training' || room === 'tuning' ? room : 'pipeline';
}
