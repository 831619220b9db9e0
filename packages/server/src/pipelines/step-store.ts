import type { JsonValue, StepStatus } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { CacheParts } from './cache-key.ts';
import type { RunStep, StepError } from './pipeline-run.ts';

interface StepTables {
  pipeline_run_steps: {
    pipeline_run_id: string;
    step: string;
    workspace: string;
    pipeline: string;
    position: number;
    status: string;
    reason: string | null;
    error: string | null;
    waiting: number;
    inputs: string | null;
    outputs: string;
    attempt: number;
    failures: number;
    job_id: string | null;
    cache_key: string | null;
    cache_parts: string | null;
    cache_verdict: string | null;
    cached_from_run: string | null;
    cached_from_step: string | null;
    tracking_run_id: string | null;
    cpu_seconds: number;
    ready_at: number | null;
    started_at: number | null;
    finished_at: number | null;
  };
}

// Engines bound the number of parameters of one statement.
const namesPerStatement = 500;

/** Inserts the steps of a new run in the order of the file, each with the number of steps it waits for. */
export async function insertSteps(
  tx: SqlTransaction,
  run: { readonly id: string; readonly workspace: string; readonly pipeline: string },
  steps: readonly { readonly name: string; readonly waiting: number }[],
): Promise<void> {
  const rows = steps.map(({ name, waiting }, position) => ({
    pipeline_run_id: run.id,
    step: name,
    workspace: run.workspace,
    pipeline: run.pipeline,
    position,
    status: 'queued',
    waiting,
    outputs: '{}',
    attempt: 0,
    failures: 0,
    cpu_seconds: 0,
  }));
  for (let start = 0; start < rows.length; start += namesPerStatement) {
    await tx
      .query<StepTables>()
      .insertInto('pipeline_run_steps')
      .values(rows.slice(start, start + namesPerStatement) as StepTables['pipeline_run_steps'][])
      .execute();
  }
}

export async function findStep(
  reader: SqlReader,
  pipelineRunId: string,
  step: string,
): Promise<RunStep | undefined> {
  const row = await reader
    .query<StepTables>()
    .selectFrom('pipeline_run_steps')
    .selectAll()
    .where('pipeline_run_id', '=', pipelineRunId)
    .where('step', '=', step)
    .executeTakeFirst();
  return row === undefined ? undefined : toStep(row);
}

/** The step whose current attempt is the job. */
export async function findStepByJob(reader: SqlReader, jobId: string): Promise<RunStep | undefined> {
  const row = await reader
    .query<StepTables>()
    .selectFrom('pipeline_run_steps')
    .selectAll()
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  return row === undefined ? undefined : toStep(row);
}

/** Steps of a run in the order of the file; the named ones only when `names` is given. */
export async function listSteps(
  reader: SqlReader,
  pipelineRunId: string,
  names?: readonly string[],
): Promise<readonly RunStep[]> {
  const all = reader
    .query<StepTables>()
    .selectFrom('pipeline_run_steps')
    .selectAll()
    .where('pipeline_run_id', '=', pipelineRunId);
  if (names === undefined) return (await all.orderBy('position').execute()).map(toStep);
  const steps: RunStep[] = [];
  for (let start = 0; start < names.length; start += namesPerStatement) {
    const rows = await all.where('step', 'in', names.slice(start, start + namesPerStatement)).execute();
    steps.push(...rows.map(toStep));
  }
  return steps;
}

/** Steps that wait for nothing and have no job yet. */
export async function listReadySteps(
  reader: SqlReader,
  pipelineRunId: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await reader
    .query<StepTables>()
    .selectFrom('pipeline_run_steps')
    .select('step')
    .where('pipeline_run_id', '=', pipelineRunId)
    .where('status', '=', 'queued')
    .where('waiting', '=', 0)
    .where('job_id', 'is', null)
    .orderBy('position')
    .limit(limit)
    .execute();
  return rows.map((row) => row.step);
}

export interface StepChange {
  readonly status?: StepStatus;
  readonly reason?: string | null;
  readonly error?: StepError | null;
  readonly inputs?: JsonValue;
  readonly outputs?: Readonly<Record<string, JsonValue>>;
  readonly attempt?: number;
  readonly failures?: number;
  readonly jobId?: string | null;
  readonly cacheKey?: string;
  readonly cacheParts?: CacheParts;
  readonly cacheVerdict?: string;
  readonly cachedFrom?: { readonly pipelineRunId: string; readonly step: string };
  readonly trackingRunId?: string;
  readonly cpuSeconds?: number;
  readonly readyAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number | null;
}

/** Changes a step that is in one of the statuses `from`; false when it is in another. */
export async function changeStep(
  tx: SqlTransaction,
  pipelineRunId: string,
  step: string,
  from: readonly StepStatus[],
  change: StepChange,
): Promise<boolean> {
  const result = await tx
    .query<StepTables>()
    .updateTable('pipeline_run_steps')
    .set(toColumns(change))
    .where('pipeline_run_id', '=', pipelineRunId)
    .where('step', '=', step)
    .where('status', 'in', from)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Changes every named step that is in the status `from`; returns how many were. */
export async function changeSteps(
  tx: SqlTransaction,
  pipelineRunId: string,
  steps: readonly string[],
  from: StepStatus,
  change: StepChange & { readonly waiting?: number },
): Promise<number> {
  let changed = 0;
  for (let start = 0; start < steps.length; start += namesPerStatement) {
    const result = await tx
      .query<StepTables>()
      .updateTable('pipeline_run_steps')
      .set({ ...toColumns(change), ...(change.waiting === undefined ? {} : { waiting: change.waiting }) })
      .where('pipeline_run_id', '=', pipelineRunId)
      .where('step', 'in', steps.slice(start, start + namesPerStatement))
      .where('status', '=', from)
      .executeTakeFirst();
    changed += Number(result.numUpdatedRows);
  }
  return changed;
}

/** Tells steps that one of their needs has ended. */
export async function countNeedEnded(
  tx: SqlTransaction,
  pipelineRunId: string,
  steps: readonly string[],
): Promise<void> {
  for (let start = 0; start < steps.length; start += namesPerStatement) {
    await tx
      .query<StepTables>()
      .updateTable('pipeline_run_steps')
      .set((row) => ({ waiting: row('waiting', '-', 1) }))
      .where('pipeline_run_id', '=', pipelineRunId)
      .where('step', 'in', steps.slice(start, start + namesPerStatement))
      .execute();
  }
}

/** How many steps of each run are in each status, and what they cost together. */
export async function countSteps(
  reader: SqlReader,
  pipelineRunIds: readonly string[],
): Promise<ReadonlyMap<string, readonly { status: StepStatus; steps: number; cpuSeconds: number }[]>> {
  const counts = new Map<string, { status: StepStatus; steps: number; cpuSeconds: number }[]>();
  for (let start = 0; start < pipelineRunIds.length; start += namesPerStatement) {
    const rows = await reader
      .query<StepTables>()
      .selectFrom('pipeline_run_steps')
      .select(['pipeline_run_id', 'status'])
      .select((row) => [
        row.fn.countAll<number>().as('steps'),
        row.fn.sum<number>('cpu_seconds').as('cpu_seconds'),
      ])
      .where('pipeline_run_id', 'in', pipelineRunIds.slice(start, start + namesPerStatement))
      .groupBy(['pipeline_run_id', 'status'])
      .execute();
    for (const row of rows) {
      const list = counts.get(row.pipeline_run_id) ?? [];
      list.push({
        status: row.status as StepStatus,
        steps: Number(row.steps),
        cpuSeconds: Number(row.cpu_seconds),
      });
      counts.set(row.pipeline_run_id, list);
    }
  }
  return counts;
}

/** The parts of the cache key of the last time the step of the pipeline succeeded or was reused. */
export async function lastCacheParts(
  reader: SqlReader,
  workspace: string,
  pipeline: string,
  step: string,
): Promise<CacheParts | undefined> {
  const row = await reader
    .query<StepTables>()
    .selectFrom('pipeline_run_steps')
    .select('cache_parts')
    .where('workspace', '=', workspace)
    .where('pipeline', '=', pipeline)
    .where('step', '=', step)
    .where('status', 'in', ['succeeded', 'cached'])
    .where('cache_parts', 'is not', null)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.cache_parts ? (JSON.parse(row.cache_parts) as CacheParts) : undefined;
}

function toColumns(change: StepChange) {
  return {
    ...(change.status === undefined ? {} : { status: change.status }),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    ...(change.error === undefined
      ? {}
      : { error: change.error === null ? null : JSON.stringify(change.error) }),
    ...(change.inputs === undefined ? {} : { inputs: JSON.stringify(change.inputs) }),
    ...(change.outputs === undefined ? {} : { outputs: JSON.stringify(change.outputs) }),
    ...(change.attempt === undefined ? {} : { attempt: change.attempt }),
    ...(change.failures === undefined ? {} : { failures: change.failures }),
    ...(change.jobId === undefined ? {} : { job_id: change.jobId }),
    ...(change.cacheKey === undefined ? {} : { cache_key: change.cacheKey }),
    ...(change.cacheParts === undefined ? {} : { cache_parts: JSON.stringify(change.cacheParts) }),
    ...(change.cacheVerdict === undefined ? {} : { cache_verdict: change.cacheVerdict }),
    ...(change.cachedFrom === undefined
      ? {}
      : { cached_from_run: change.cachedFrom.pipelineRunId, cached_from_step: change.cachedFrom.step }),
    ...(change.trackingRunId === undefined ? {} : { tracking_run_id: change.trackingRunId }),
    ...(change.cpuSeconds === undefined ? {} : { cpu_seconds: change.cpuSeconds }),
    ...(change.readyAt === undefined ? {} : { ready_at: change.readyAt }),
    ...(change.startedAt === undefined ? {} : { started_at: change.startedAt }),
    ...(change.finishedAt === undefined ? {} : { finished_at: change.finishedAt }),
  };
}

function toStep(row: StepTables['pipeline_run_steps']): RunStep {
  return {
    pipelineRunId: row.pipeline_run_id,
    step: row.step,
    status: row.status as StepStatus,
    reason: row.reason ?? undefined,
    error: row.error === null ? undefined : (JSON.parse(row.error) as StepError),
    waiting: row.waiting,
    inputs: row.inputs === null ? undefined : (JSON.parse(row.inputs) as JsonValue),
    outputs: JSON.parse(row.outputs) as Record<string, JsonValue>,
    attempt: row.attempt,
    failures: row.failures,
    jobId: row.job_id ?? undefined,
    cacheKey: row.cache_key ?? undefined,
    cacheParts: row.cache_parts === null ? undefined : (JSON.parse(row.cache_parts) as CacheParts),
    cacheVerdict: row.cache_verdict ?? undefined,
    cachedFrom:
      row.cached_from_run === null || row.cached_from_step === null
        ? undefined
        : { pipelineRunId: row.cached_from_run, step: row.cached_from_step },
    trackingRunId: row.tracking_run_id ?? undefined,
    cpuSeconds: row.cpu_seconds,
    readyAt: row.ready_at ?? undefined,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}
