import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import { deleteArtifactsOf } from './artifacts/artifact-store.ts';

interface Tables {
  runs: { id: string; workspace: string };
  run_params: { run_id: string };
  run_tags: { run_id: string };
  run_texts: { run_id: string };
  run_text_changes: { run_id: string };
  run_comments: { run_id: string };
  run_references: { run_id: string };
  run_datasets: { run_id: string; dataset_id: string };
  logged_datasets: { id: string };
  run_models: { run_id: string };
  model_metrics: { run_id: string };
  metric_series: { id: number; run_id: string };
  metric_points: { series_id: number };
}

const pageSize = 500;

/** Removes runs with all that is kept of them but the content of their files. */
export async function removeRuns(
  tx: SqlTransaction,
  workspace: string,
  ids: readonly string[],
): Promise<void> {
  const query = tx.query<Tables>();
  const series = query.selectFrom('metric_series').select('id').where('run_id', 'in', ids);
  await query.deleteFrom('metric_points').where('series_id', 'in', series).execute();
  await query.deleteFrom('metric_series').where('run_id', 'in', ids).execute();
  await deleteArtifactsOf(tx, workspace, 'run', ids);
  await query.deleteFrom('run_params').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_tags').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_texts').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_text_changes').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_comments').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_references').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_models').where('run_id', 'in', ids).execute();
  await query.deleteFrom('model_metrics').where('run_id', 'in', ids).execute();
  await removeRunDatasets(tx, ids);
  await query.deleteFrom('runs').where('workspace', '=', workspace).where('id', 'in', ids).execute();
}

/** A description of a data set goes with the last run that read it. */
async function removeRunDatasets(tx: SqlTransaction, runIds: readonly string[]): Promise<void> {
  const query = tx.query<Tables>();
  const read = await query
    .selectFrom('run_datasets')
    .select('dataset_id')
    .distinct()
    .where('run_id', 'in', runIds)
    .execute();
  await query.deleteFrom('run_datasets').where('run_id', 'in', runIds).execute();
  for (let start = 0; start < read.length; start += pageSize) {
    const ids = read.slice(start, start + pageSize).map(({ dataset_id }) => dataset_id);
    await query
      .deleteFrom('logged_datasets')
      .where('id', 'in', ids)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('run_datasets')
              .select('run_id')
              .whereRef('run_datasets.dataset_id', '=', 'logged_datasets.id'),
          ),
        ),
      )
      .execute();
  }
}
