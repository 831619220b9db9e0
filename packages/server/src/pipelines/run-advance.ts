import type { RequestContext } from '../kernel/actor.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { ParsedPipeline } from './pipeline.ts';
import type { PipelineDeps } from './pipeline-deps.ts';
import { isDone, isEnded } from './pipeline-run.ts';
import { findPipelineRun, updatePipelineRun } from './pipeline-run-store.ts';
import { endStep, type RunAtWork } from './step-ending.ts';
import { describeError } from './step-error.ts';
import { type Preparation, prepareStep, type StepResult } from './step-preparation.ts';
import { changeStep, findStep, listReadySteps, listSteps } from './step-store.ts';
import type { LoadPipeline } from './stored-pipelines.ts';
import { findReferences } from './template.ts';

/** Moves a run on: every step whose needs have ended gets a result, or a job. Resolves when nothing is left to do. */
export type AdvanceRun = (context: RequestContext, pipelineRunId: string) => Promise<void>;

export interface AdvanceDeps extends PipelineDeps {
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly load: LoadPipeline;
}

// Bounds how long one transaction holds up others when a wide graph opens.
const stepsPerTransaction = 100;

/**
 * One run is advanced by one call at a time; a call that comes while another waits its turn joins it, so that a hundred
 * steps ending at once do not look a hundred times.
 */
export function createRunAdvance(deps: AdvanceDeps): AdvanceRun {
  const atWork = new Map<string, Promise<void>>();
  const waiting = new Map<string, Promise<void>>();

  function begin(context: RequestContext, id: string): Promise<void> {
    const work = advance(deps, context, id).finally(() => {
      if (atWork.get(id) === work) atWork.delete(id);
    });
    atWork.set(id, work);
    return work;
  }

  return (context, id) => {
    const current = atWork.get(id);
    if (current === undefined) return begin(context, id);
    const joined = waiting.get(id);
    if (joined !== undefined) return joined;
    const next = current
      .catch(() => undefined)
      .then(() => {
        waiting.delete(id);
        return begin(context, id);
      });
    waiting.set(id, next);
    return next;
  };
}

async function advance(deps: AdvanceDeps, context: RequestContext, id: string): Promise<void> {
  while (true) {
    const run = await findPipelineRun(deps.sql, context.workspace, id);
    if (run === undefined || run.cancelRequested || (run.status !== 'queued' && run.status !== 'running'))
      return;
    const ready = await listReadySteps(deps.sql, id, stepsPerTransaction);
    if (ready.length === 0) return;
    const pipeline = await deps.load(run);
    const results = await resultsFor(deps, id, pipeline, ready);
    const prepared = await prepareAll(deps, { context, run, pipeline }, ready, results);
    const moved = await deps.sql.transaction(async (tx) => {
      const current = await findPipelineRun(tx, context.workspace, id);
      if (current === undefined || current.cancelRequested) return false;
      if (current.status === 'queued') {
        await updatePipelineRun(tx, id, { status: 'running', startedAt: deps.clock.now() });
      }
      const ended = await applyPrepared(deps, tx, { context, run: current, pipeline }, prepared);
      return ended || ready.length === stepsPerTransaction;
    });
    if (!moved) return;
  }
}

/** A step with what is to become of it. */
export interface PreparedStep {
  readonly step: string;
  readonly preparation: Preparation;
}

// A step with more dependants or needs than this is left to the next advance, which looks at them once for all.
const maxForeseen = 20;

/**
 * Prepares the steps that will be ready when `step` ends with `outputs`, so that its end and their jobs are one
 * transaction: along a chain that saves a commit for every step.
 */
export async function foreseeReady(
  deps: AdvanceDeps,
  work: RunAtWork,
  step: string,
  outputs: StepResult['outputs'],
): Promise<readonly PreparedStep[]> {
  const { run, pipeline } = work;
  const dependants = pipeline.graph.dependants.get(step) ?? [];
  const needs = new Set(dependants.flatMap((dependant) => pipeline.graph.needs.get(dependant) ?? []));
  needs.delete(step);
  if (dependants.length === 0 || dependants.length > maxForeseen || needs.size > maxForeseen) return [];
  const results = new Map<string, StepResult>([[step, { status: 'succeeded', outputs }]]);
  if (needs.size > 0) {
    for (const row of await listSteps(deps.sql, run.id, [...needs]))
      if (isDone(row.status)) results.set(row.step, row);
  }
  const ready = dependants.filter((dependant) =>
    (pipeline.graph.needs.get(dependant) ?? []).every((need) => results.has(need)),
  );
  return prepareAll(deps, work, ready, results);
}

/** Gives prepared steps their result or their job; true when one of them ended by that. */
export async function applyPrepared(
  deps: AdvanceDeps,
  tx: SqlTransaction,
  work: RunAtWork,
  prepared: readonly PreparedStep[],
): Promise<boolean> {
  let ended = false;
  for (const step of prepared) {
    if (await applyPreparation(deps, tx, work, step)) ended = true;
  }
  return ended;
}

async function prepareAll(
  deps: AdvanceDeps,
  { context, run, pipeline }: RunAtWork,
  names: readonly string[],
  results: ReadonlyMap<string, StepResult>,
): Promise<readonly PreparedStep[]> {
  const { sql, clock, kinds, source } = deps;
  const prepared: PreparedStep[] = [];
  for (const name of names) {
    const step = pipeline.steps.get(name);
    if (step === undefined) throw new Error(`Step ${name} of pipeline run ${run.id} is not in its file.`);
    const preparing = { sql, clock, kinds, environmentDigest: source.environmentDigest };
    prepared.push({
      step: name,
      preparation: await prepareStep(preparing, context, run, step, (other) => results.get(other)),
    });
  }
  return prepared;
}

/** Results of the steps whose outputs the ready steps use. */
async function resultsFor(
  deps: AdvanceDeps,
  id: string,
  pipeline: ParsedPipeline,
  ready: readonly string[],
): Promise<ReadonlyMap<string, StepResult>> {
  const used = new Set<string>();
  for (const name of ready) {
    const step = pipeline.steps.get(name);
    for (const { reference } of [
      ...findReferences(step?.with ?? null),
      ...findReferences(step?.when ?? null),
    ]) {
      if (reference?.kind === 'output') used.add(reference.step);
    }
  }
  if (used.size === 0) return new Map();
  return new Map((await listSteps(deps.sql, id, [...used])).map((step) => [step.step, step]));
}

/** Ends the step (true), or gives it a job (false). */
async function applyPreparation(
  deps: AdvanceDeps,
  tx: SqlTransaction,
  work: RunAtWork,
  { step, preparation }: PreparedStep,
): Promise<boolean> {
  const { context, run } = work;
  const row = await findStep(tx, run.id, step);
  // Another process may have been faster.
  if (row === undefined || row.jobId !== undefined || row.waiting > 0 || isEnded(row.status)) return false;
  const readyAt = deps.clock.now();
  if (preparation.verdict === 'skip') {
    const change = { reason: preparation.reason, readyAt };
    return endStep(deps, tx, work, { step, status: 'skipped', change });
  }
  if (preparation.verdict === 'fail') {
    const error = describeError(preparation.error);
    const change = { reason: error.what, error, readyAt };
    return endStep(deps, tx, work, { step, status: 'failed', change });
  }
  const { inputs, cache, reason } = preparation;
  const cached = cache === undefined ? {} : { cacheKey: cache.key, cacheParts: cache.parts };
  if (preparation.verdict === 'hit') {
    const { pipelineRunId, step: from, outputs, trackingRunId } = preparation.result;
    const change = {
      inputs,
      ...cached,
      cacheVerdict: reason,
      outputs,
      cachedFrom: { pipelineRunId, step: from },
      ...(trackingRunId === undefined ? {} : { trackingRunId }),
      readyAt,
      startedAt: readyAt,
    };
    return endStep(deps, tx, work, { step, status: 'cached', change });
  }
  const attempt = row.attempt + 1;
  const jobId = await enqueueStep(deps, tx, context, { pipelineRunId: run.id, step, attempt });
  await changeStep(tx, run.id, step, ['queued'], {
    inputs,
    ...cached,
    cacheVerdict: reason,
    attempt,
    jobId,
    readyAt,
  });
  return false;
}

/** Which attempt of which step a job is for. */
export interface AttemptKey {
  readonly pipelineRunId: string;
  readonly step: string;
  readonly attempt: number;
}

/**
 * Puts an attempt of a step into the queue of jobs, to be run now unless `runAt` is given; the same attempt is put there
 * once. Returns the job's id.
 */
export function enqueueStep(
  deps: Pick<PipelineDeps, 'jobs'>,
  tx: SqlTransaction,
  context: RequestContext,
  { runAt, ...payload }: AttemptKey & { readonly runAt?: number },
): Promise<string> {
  return deps.jobs.enqueue(tx, context, {
    kind: 'pipelines.step',
    payload,
    key: `pipelines.step:${payload.pipelineRunId}:${payload.step}:${payload.attempt}`,
    ...(runAt === undefined ? {} : { runAt }),
  });
}
