import type { StepStatus } from '@esteira/contracts';
import type { Jobs } from '../jobs/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import type { StepKind } from '../kernel/step-kind.ts';
import type { SqlReader } from '../storage/sql/sql-database.ts';
import { readStoredPipeline } from './parse-pipeline.ts';
import { type ParsedPipeline, parametersOf } from './pipeline.ts';
import { isDone, isEnded, type PipelineRun, type RunStep } from './pipeline-run.ts';
import { findPipelineRun, listPipelineRuns, type PipelineRunFilter } from './pipeline-run-store.ts';
import { findPipeline, listPipelines, listSpecVersions, type StoredPipeline } from './pipeline-store.ts';
import { countSteps, listSteps } from './step-store.ts';
import type { LoadPipeline } from './stored-pipelines.ts';

export interface ViewDeps {
  readonly sql: SqlReader;
  readonly jobs: Jobs;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly load: LoadPipeline;
}

/** A page of pipelines by name, each with its newest run. */
export async function showPipelines(
  deps: ViewDeps,
  workspace: string,
  options: { project?: string | undefined; after?: string | undefined; limit: number },
) {
  const stored = await listPipelines(deps.sql, workspace, options);
  const items = [];
  for (const pipeline of stored) items.push(await summary(deps, workspace, pipeline));
  return items;
}

/** A pipeline with its file and versions. Throws PIPELINE_NOT_FOUND. */
export async function showPipeline(deps: ViewDeps, workspace: string, name: string) {
  const stored = await findPipeline(deps.sql, workspace, name);
  if (stored === undefined) throw esteiraError('PIPELINE_NOT_FOUND', { name });
  const { spec, graph } = readStoredPipeline(stored.text);
  return {
    ...(await summary(deps, workspace, stored)),
    spec: stored.text,
    parameters: [...parametersOf(spec)],
    steps: spec.steps.map((step) => ({
      name: step.name,
      uses: step.uses,
      summary: deps.kinds.get(step.uses)?.summary ?? '',
      needs: [...(graph.needs.get(step.name) ?? [])],
      cacheable: (deps.kinds.get(step.uses)?.cacheable ?? false) && !step.cache.off,
    })),
    versions: [...(await listSpecVersions(deps.sql, workspace, name))],
  };
}

/** A page of runs, newest first, with their progress. */
export async function showPipelineRuns(deps: ViewDeps, workspace: string, filter: PipelineRunFilter) {
  const runs = await listPipelineRuns(deps.sql, workspace, filter);
  const counts = await countSteps(
    deps.sql,
    runs.map((run) => run.id),
  );
  return runs.map((run) => runSummary(run, counts.get(run.id) ?? []));
}

/** A run with its graph. Throws PIPELINE_RUN_NOT_FOUND. */
export async function showPipelineRun(deps: ViewDeps, workspace: string, id: string) {
  const run = await findPipelineRun(deps.sql, workspace, id);
  if (run === undefined) throw esteiraError('PIPELINE_RUN_NOT_FOUND', { id });
  const pipeline = await deps.load(run);
  const steps = await listSteps(deps.sql, id);
  const statuses = new Map(steps.map((step) => [step.step, step.status]));
  const counts = (await countSteps(deps.sql, [id])).get(id) ?? [];
  const graph = [];
  for (const step of steps) graph.push(await stepView(deps, workspace, pipeline, step, statuses));
  return { ...runSummary(run, counts), graph };
}

async function summary(deps: ViewDeps, workspace: string, stored: StoredPipeline) {
  const [last] = await listPipelineRuns(deps.sql, workspace, { pipeline: stored.name, limit: 1 });
  return {
    name: stored.name,
    project: stored.project,
    description: readStoredPipeline(stored.text).spec.description ?? '',
    version: stored.version,
    digest: stored.digest,
    createdAt: stored.createdAt,
    updatedAt: stored.updatedAt,
    ...(last === undefined
      ? {}
      : { lastRun: { id: last.id, status: last.status, createdAt: last.createdAt } }),
  };
}

function runSummary(
  run: PipelineRun,
  counts: readonly { status: StepStatus; steps: number; cpuSeconds: number }[],
) {
  const byStatus: Partial<Record<StepStatus, number>> = {};
  let total = 0;
  let finished = 0;
  let cpuSeconds = 0;
  for (const count of counts) {
    byStatus[count.status] = count.steps;
    total += count.steps;
    cpuSeconds += count.cpuSeconds;
    if (isEnded(count.status)) finished += count.steps;
  }
  return {
    id: run.id,
    pipeline: run.pipeline,
    project: run.project,
    specVersion: run.specVersion,
    specDigest: run.specDigest,
    trigger: run.trigger,
    parameters: { ...run.parameters },
    status: run.status,
    ...(run.reason === undefined ? {} : { reason: run.reason }),
    trackingRunId: run.trackingRunId,
    createdBy: run.createdBy,
    createdAt: run.createdAt,
    ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
    ...(run.finishedAt === undefined ? {} : { finishedAt: run.finishedAt }),
    cpuSeconds,
    steps: { total, finished, byStatus },
  };
}

async function stepView(
  deps: ViewDeps,
  workspace: string,
  pipeline: ParsedPipeline,
  step: RunStep,
  statuses: ReadonlyMap<string, StepStatus>,
) {
  const needs = [...(pipeline.graph.needs.get(step.step) ?? [])];
  const reason = step.reason ?? (step.status === 'queued' ? whyQueued(step, needs, statuses) : undefined);
  const job =
    step.status === 'running' && step.jobId !== undefined
      ? await deps.jobs.find(workspace, step.jobId)
      : undefined;
  return {
    name: step.step,
    uses: pipeline.steps.get(step.step)?.uses ?? '',
    needs,
    status: step.status,
    ...(reason === undefined ? {} : { reason }),
    ...(step.error === undefined ? {} : { error: step.error }),
    ...(step.inputs === undefined ? {} : { with: step.inputs }),
    outputs: { ...step.outputs },
    attempt: step.attempt,
    ...(step.cachedFrom === undefined ? {} : { cachedFrom: step.cachedFrom }),
    ...(step.cacheVerdict === undefined
      ? {}
      : { cache: { key: step.cacheKey ?? '', verdict: step.cacheVerdict } }),
    ...(step.trackingRunId === undefined ? {} : { trackingRunId: step.trackingRunId }),
    ...(job?.progress === undefined ? {} : { progress: job.progress }),
    ...(step.readyAt === undefined ? {} : { readyAt: step.readyAt }),
    ...(step.startedAt === undefined ? {} : { startedAt: step.startedAt }),
    ...(step.finishedAt === undefined ? {} : { finishedAt: step.finishedAt }),
    cpuSeconds: step.cpuSeconds,
  };
}

function whyQueued(
  step: RunStep,
  needs: readonly string[],
  statuses: ReadonlyMap<string, StepStatus>,
): string {
  if (step.jobId !== undefined) return 'waits for a free worker';
  const open = needs.filter((need) => !isDone(statuses.get(need) ?? 'queued'));
  return open.length > 0 ? `waits for ${open.join(', ')}` : 'is about to begin';
}
