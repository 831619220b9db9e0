import type { JsonValue } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

/** What became of a step of the plan. */
export interface StoredStep {
  readonly name: string;
  readonly state: 'running' | 'done' | 'failed';
  readonly result: JsonValue;
  readonly error: string | null;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

interface StepTables {
  change_steps: {
    change_id: string;
    workspace: string;
    name: string;
    state: StoredStep['state'];
    result: string;
    error: string | null;
    attempts: number;
    started_at: number | null;
    finished_at: number | null;
  };
}

/** Writes the step over what was known of it. */
export async function putStep(
  tx: SqlTransaction,
  change: { id: string; workspace: string },
  step: StoredStep,
): Promise<void> {
  const columns = {
    state: step.state,
    result: JSON.stringify(step.result),
    error: step.error,
    attempts: step.attempts,
    started_at: step.startedAt,
    finished_at: step.finishedAt,
  };
  await tx
    .query<StepTables>()
    .insertInto('change_steps')
    .values({ change_id: change.id, workspace: change.workspace, name: step.name, ...columns })
    .onConflict((conflict) => conflict.columns(['change_id', 'name']).doUpdateSet(columns))
    .execute();
}

/** Steps that have at least been begun, by name. */
export async function listSteps(
  sql: SqlReader,
  workspace: string,
  changeId: string,
): Promise<ReadonlyMap<string, StoredStep>> {
  const rows = await sql
    .query<StepTables>()
    .selectFrom('change_steps')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('change_id', '=', changeId)
    .execute();
  const steps = new Map<string, StoredStep>();
  for (const row of rows) {
    steps.set(row.name, {
      name: row.name,
      state: row.state,
      result: JSON.parse(row.result) as JsonValue,
      error: row.error,
      attempts: row.attempts,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
    });
  }
  return steps;
}
