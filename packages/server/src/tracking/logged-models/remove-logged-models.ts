import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { deleteArtifactsOf } from '../artifacts/artifact-store.ts';

interface Tables {
  logged_models: { id: string; workspace: string };
  logged_model_params: { model_id: string };
  logged_model_tags: { model_id: string };
  model_metrics: { model_id: string };
}

/** Removes logged models with all that is kept of them but the content of their files. */
export async function removeLoggedModels(
  tx: SqlTransaction,
  workspace: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const query = tx.query<Tables>();
  await deleteArtifactsOf(tx, workspace, 'logged-model', ids);
  await query.deleteFrom('logged_model_params').where('model_id', 'in', ids).execute();
  await query.deleteFrom('logged_model_tags').where('model_id', 'in', ids).execute();
  await query.deleteFrom('model_metrics').where('model_id', 'in', ids).execute();
  await query.deleteFrom('logged_models').where('workspace', '=', workspace).where('id', 'in', ids).execute();
}
