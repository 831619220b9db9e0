import type { JsonValue } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface StepCacheTables {
  step_cache: {
    workspace: string;
    cache_key: string;
    pipeline_run_id: string;
    step: string;
    outputs: string;
    tracking_run_id: string | null;
    created_at: number;
  };
}

/** The result of a step under its key; the newest one is kept. */
export interface CachedResult {
  readonly pipelineRunId: string;
  readonly step: string;
  readonly outputs: Readonly<Record<string, JsonValue>>;
  readonly trackingRunId: string | undefined;
  readonly createdAt: number;
}

export async function findCachedResult(
  reader: SqlReader,
  workspace: string,
  key: string,
): Promise<CachedResult | undefined> {
  const row = await reader
    .query<StepCacheTables>()
    .selectFrom('step_cache')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('cache_key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    pipelineRunId: row.pipeline_run_id,
    step: row.step,
    outputs: JSON.parse(row.outputs) as Record<string, JsonValue>,
    trackingRunId: row.tracking_run_id ?? undefined,
    createdAt: row.created_at,
  };
}

export async function putCachedResult(
  tx: SqlTransaction,
  workspace: string,
  key: string,
  result: CachedResult,
): Promise<void> {
  const values = {
    pipeline_run_id: result.pipelineRunId,
    step: result.step,
    outputs: JSON.stringify(result.outputs),
    tracking_run_id: result.trackingRunId ?? null,
    created_at: result.createdAt,
  };
  await tx
    .query<StepCacheTables>()
    .insertInto('step_cache')
    .values({ workspace, cache_key: key, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'cache_key']).doUpdateSet(values))
    .execute();
}
