import type { JsonValue } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { changedParts } from './cache-key.ts';
import { readStoredPipeline } from './parse-pipeline.ts';
import { fillParameters, type SpecStep } from './pipeline.ts';
import { findPipeline } from './pipeline-store.ts';
import { type PreparationDeps, prepareStep, type StepResult } from './step-preparation.ts';
import { lastCacheParts } from './step-store.ts';
import { findReferences } from './template.ts';

interface PlannedStep {
  readonly name: string;
  readonly uses: string;
  /** `unknown`: it uses the output of a step that will run. */
  readonly verdict: 'hit' | 'miss' | 'unknown' | 'skip';
  readonly reason: string;
  /** Parts of the key that differ from the last time the step succeeded. */
  readonly changed: readonly string[];
  readonly from?: { readonly pipelineRunId: string; readonly step: string; readonly at: number };
}

export interface PipelinePlan {
  readonly pipeline: string;
  readonly specDigest: string;
  readonly steps: readonly PlannedStep[];
}

/**
 * Tells, without running anything, which steps of a run would reuse an earlier result and why the others would not. Throws
 * PIPELINE_NOT_FOUND, PIPELINE_PARAMETER_INVALID.
 */
export async function planRun(
  deps: PreparationDeps,
  context: RequestContext,
  request: {
    readonly pipeline: string;
    readonly parameters: Readonly<Record<string, JsonValue>>;
    readonly refresh: boolean;
  },
): Promise<PipelinePlan> {
  const stored = await findPipeline(deps.sql, context.workspace, request.pipeline);
  if (stored === undefined) throw esteiraError('PIPELINE_NOT_FOUND', { name: request.pipeline });
  const pipeline = readStoredPipeline(stored.text);
  const filled = fillParameters(pipeline.spec, request.parameters);
  if ('problem' in filled)
    throw esteiraError('PIPELINE_PARAMETER_INVALID', { name: stored.name, problem: filled.problem });
  const run = { project: stored.project, parameters: filled.values, refresh: request.refresh };
  const results = new Map<string, StepResult>();
  const steps: PlannedStep[] = [];
  for (const name of pipeline.graph.order) {
    const step = pipeline.steps.get(name);
    if (step === undefined) continue;
    const open = usedSteps(step).filter((other) => !results.has(other));
    if (open.length > 0) {
      const reason = `it uses the output of ${open.join(', ')}, which will run`;
      steps.push({ name, uses: step.uses, verdict: 'unknown', reason, changed: [] });
      continue;
    }
    const prepared = await prepareStep(deps, context, run, step, (other) => results.get(other));
    if (prepared.verdict === 'skip') {
      results.set(name, { status: 'skipped', outputs: {} });
      steps.push({ name, uses: step.uses, verdict: 'skip', reason: prepared.reason, changed: [] });
    } else if (prepared.verdict === 'fail') {
      steps.push({ name, uses: step.uses, verdict: 'miss', reason: prepared.error.what, changed: [] });
    } else if (prepared.verdict === 'hit') {
      const { pipelineRunId, step: from, createdAt: at, outputs } = prepared.result;
      results.set(name, { status: 'cached', outputs });
      const planned = {
        name,
        uses: step.uses,
        reason: prepared.reason,
        changed: [],
        from: { pipelineRunId, step: from, at },
      };
      steps.push({ ...planned, verdict: 'hit' });
    } else {
      const before = await lastCacheParts(deps.sql, context.workspace, stored.name, name);
      const changed =
        before === undefined || prepared.cache === undefined
          ? []
          : changedParts(before, prepared.cache.parts);
      const first = before === undefined && prepared.cache !== undefined && !request.refresh;
      const reason = first
        ? 'the step has never succeeded in this pipeline with a result to keep'
        : prepared.reason;
      steps.push({ name, uses: step.uses, verdict: 'miss', reason, changed });
    }
  }
  return { pipeline: stored.name, specDigest: stored.digest, steps };
}

function usedSteps(step: SpecStep): readonly string[] {
  const found = [...findReferences(step.with), ...findReferences(step.when ?? null)];
  return [
    ...new Set(found.flatMap(({ reference }) => (reference?.kind === 'output' ? [reference.step] : []))),
  ];
}
