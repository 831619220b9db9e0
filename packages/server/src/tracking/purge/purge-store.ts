import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { deleteArtifactsOf } from '../artifacts/artifact-store.ts';
import type { RunHead } from '../run.ts';
import { experimentColumns, type RunTables, toRunHead } from '../run-store.ts';

interface Tables extends RunTables {
  experiment_tags: { experiment_id: string };
  logged_datasets: { experiment_id: string };
  logged_models: { id: string; experiment_id: string };
  logged_model_params: { model_id: string };
  logged_model_tags: { model_id: string };
  model_metrics: { model_id: string };
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
  return rows.map(toRunHead);
}

/** Removes logged models with their files; false when there were none. */
export async function removeLoggedModels(
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
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return false;
  await deleteArtifactsOf(tx, workspace, 'logged-model', ids);
  await query.deleteFrom('logged_model_params').where('model_id', 'in', ids).execute();
  await query.deleteFrom('logged_model_tags').where('model_id', 'in', ids).execute();
  await query.deleteFrom('model_metrics').where('model_id', 'in', ids).execute();
  await query.deleteFrom('logged_models').where('id', 'in', ids).execute();
  return true;
}

/** Removes an experiment that nothing lies in any more. */
export async function removeExperiment(tx: SqlTransaction, workspace: string, id: string): Promise<void> {
  const query = tx.query<Tables>();
  await deleteArtifactsOf(tx, workspace, 'experiment', [id]);
  await query.deleteFrom('logged_datasets').where('experiment_id', '=', id).execute();
  await query.deleteFrom('experiment_tags').where('experiment_id', '=', id).execute();
  await query.deleteFrom('experiments').where('workspace', '=', workspace).where('id', '=', id).execute();
}
