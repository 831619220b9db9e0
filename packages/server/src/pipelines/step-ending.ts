import type { JsonValue, PipelineRunStatus, Reference } from '@esteira/contracts';
import type { RequestContext } from '../kernel/actor.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import { asReference } from './cache-key.ts';
import type { ParsedPipeline } from './pipeline.ts';
import type { PipelineDeps } from './pipeline-deps.ts';
import type { PipelineRun } from './pipeline-run.ts';
import { countEnded, findPipelineRun, updatePipelineRun } from './pipeline-run-store.ts';
import { downstreamOf } from './step-graph.ts';
import { changeStep, changeSteps, countNeedEnded, countSteps, type StepChange } from './step-store.ts';

/** A run with its file, and whom it is moved on for. */
export interface RunAtWork {
  readonly context: RequestContext;
  readonly run: PipelineRun;
  readonly pipeline: ParsedPipeline;
}

/** How a step ended; `change` is what else is written into its row. */
interface StepEnding {
  readonly step: string;
  readonly status: 'succeeded' | 'cached' | 'failed' | 'cancelled' | 'skipped';
  readonly change: StepChange;
}

type EndingDeps = Pick<PipelineDeps, 'clock' | 'events' | 'tracking' | 'lineage'>;

/**
 * Ends a step that has not ended, frees or cancels its dependants, and ends the run with its last step. False when the step
 * had ended already. Costs the same however large the graph is.
 */
export async function endStep(
  deps: EndingDeps,
  tx: SqlTransaction,
  work: RunAtWork,
  { step, status, change }: StepEnding,
): Promise<boolean> {
  const { context, run, pipeline } = work;
  const finishedAt = deps.clock.now();
  const ended = await changeStep(tx, run.id, step, ['queued', 'running'], { ...change, status, finishedAt });
  if (!ended) return false;
  let count = 1;
  if (status === 'failed' || status === 'cancelled') {
    const reason = `upstream failed: step "${step}" ${status === 'failed' ? 'failed' : 'was cancelled'}`;
    const dependants = downstreamOf(pipeline.graph, [step]);
    count += await changeSteps(tx, run.id, dependants, 'queued', { status: 'cancelled', reason, finishedAt });
  } else {
    await countNeedEnded(tx, run.id, pipeline.graph.dependants.get(step) ?? []);
    const relation = status === 'cached' ? 'reused' : 'produced';
    await linkOutputs(deps, tx, work, { relation, outputs: change.outputs ?? {} });
  }
  if ((await countEnded(tx, run.id, count)) === 0) await endRun(deps, tx, context, run);
  return true;
}

/** Ends a run none of whose steps is left. */
export async function endRun(
  deps: EndingDeps,
  tx: SqlTransaction,
  context: RequestContext,
  run: PipelineRun,
): Promise<void> {
  const counts = (await countSteps(tx, [run.id])).get(run.id) ?? [];
  const now = await findPipelineRun(tx, run.workspace, run.id);
  const has = (wanted: string) => counts.some((count) => count.status === wanted);
  let status: PipelineRunStatus = 'succeeded';
  if (has('cancelled')) status = 'cancelled';
  if (has('failed')) status = 'failed';
  if (now?.cancelRequested) status = 'cancelled';
  await updatePipelineRun(tx, run.id, { status, finishedAt: deps.clock.now() });
  await deps.tracking.within(tx).finishRun(context, run.trackingRunId, status);
  await deps.events.emit(tx, context, 'pipeline-run.finished', {
    pipelineRunId: run.id,
    pipeline: run.pipeline,
    status,
    trigger: run.trigger,
  });
  tx.announce('pipelines', run.id);
}

/** The references among outputs, with the names under which they were given. */
export function outputReferences(
  outputs: Readonly<Record<string, JsonValue>>,
): readonly { readonly role: string; readonly reference: Reference }[] {
  return Object.entries(outputs).flatMap(([role, value]) => {
    const reference = asReference(value);
    return reference === undefined ? [] : [{ role, reference }];
  });
}

async function linkOutputs(
  deps: EndingDeps,
  tx: SqlTransaction,
  { context, run }: RunAtWork,
  made: {
    readonly relation: 'reused' | 'produced';
    readonly outputs: Readonly<Record<string, JsonValue>>;
  },
): Promise<void> {
  for (const { reference } of outputReferences(made.outputs)) {
    if (reference.type === 'validation-run') continue;
    await deps.lineage.link(tx, context, {
      from: { kind: 'pipeline-run', id: run.id },
      to: { kind: reference.type, id: reference.id },
      relation: made.relation,
      toDigest: reference.digest,
    });
  }
}
