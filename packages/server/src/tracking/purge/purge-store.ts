import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { deleteArtifactsOf } from '../artifacts/artifact-store.ts';
import { removeLoggedModels } from '../logged-models/remove-logged-models.ts';
import type { RunHead } from '../run.ts';
import { experimentColumns, type RunTables, toRunHead } from '../run-store.ts';

interface Tables extends RunTables {
  experiment_tags: { experiment_id: string };
  logged_datasets: { experiment_id: string };
  logged_models: { id: string; experiment_id: string };
}

const modelsAtOnce = 500;

/** Runs of an experiment by id, deleted or not. */
export async function runsOfExperiment(
  reader: SqlReader,
  experimentId: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly RunHead[]> {
  const rows = await reader
    .query<RunTables>()
    .selectFrom('runs')
    .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
    .selectAll('runs')
    .select(experimentColumns)
    .where('runs.experiment_id', '=', experimentId)
    .where('runs.id', '>', after)
    .orderBy('runs.id')
    .limit(limit)
    .execute();
  return rows.map((row) => toRunHead(row, row));
}

/** Removes some logged models of an experiment with their files; false when there were none. */
export async function removeSomeLoggedModels(
  tx: SqlTransaction,
  workspace: string,
  experimentId: string,
): Promise<boolean> {
  const query = tx.query<Tables>();
  const rows = await query
    .selectFrom('logged_models')
    .select('id')
    .where('experiment_id', '=', experimentId)
    .limit(modelsAtOnce)
    .execute();
  await removeLoggedModels(
    tx,
    workspace,
    rows.map(({ id }) => id),
  );
  return rows.length > 0;
}

/** Removes an experiment that nothing lies in any more. */
export async function removeExperiment(tx: SqlTransaction, workspace: string, id: string): Promise<void> {
  const query = tx.query<Tables>();
  await deleteArtifactsOf(tx, workspace, 'experiment', [id]);
  await query.deleteFrom('logged_datasets').where('experiment_id', '=', id).execute();
  await query.deleteFrom('experiment_tags').where('experiment_id', '=', id).execute();
  await query.deleteFrom('experiments').where('workspace', '=', workspace).where('id', '=', id).execute();
}
