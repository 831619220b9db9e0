import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { RunModel } from './run.ts';

interface Tables {
  run_models: { run_id: string; direction: string; model_id: string; step: number };
}

export interface RunModels {
  readonly inputs: readonly RunModel[];
  readonly outputs: readonly RunModel[];
}

/** Keeps which logged models a run read or made; what is there already is not kept twice. */
export async function insertRunModels(
  tx: SqlTransaction,
  runId: string,
  direction: 'input' | 'output',
  models: readonly RunModel[],
): Promise<void> {
  if (models.length === 0) return;
  await tx
    .query<Tables>()
    .insertInto('run_models')
    .values(models.map(({ modelId, step }) => ({ run_id: runId, direction, model_id: modelId, step })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The logged models of runs, by run; none for those without. */
export async function modelsOfRuns(
  reader: SqlReader,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, RunModels>> {
  const byRun = new Map<string, { inputs: RunModel[]; outputs: RunModel[] }>();
  const rows = await reader
    .query<Tables>()
    .selectFrom('run_models')
    .selectAll()
    .where(reader.isOneOf('run_id', runIds))
    .orderBy('run_id')
    .orderBy('step')
    .orderBy('model_id')
    .execute();
  for (const { run_id, direction, model_id, step } of rows) {
    const models = byRun.get(run_id) ?? { inputs: [], outputs: [] };
    models[direction === 'input' ? 'inputs' : 'outputs'].push({ modelId: model_id, step });
    byRun.set(run_id, models);
  }
  return byRun;
}
