import type { RunSource } from '@esteira/contracts';
import type { BlobReference, Removable, RemovableThing, RoomRetention } from '../governance/index.ts';
import { inPages } from '../kernel/in-pages.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import { artifactColumns, artifactReferences, removableArtifacts } from './artifacts/artifact-retention.ts';
import { type ArtifactTables, deleteArtifactsOf } from './artifacts/artifact-store.ts';

interface Tables extends ArtifactTables {
  experiments: { id: string; name: string };
  runs: {
    id: string;
    workspace: string;
    experiment_id: string;
    project: string | null;
    source: string;
    finished_at: number | null;
    deleted_at: number | null;
  };
  run_params: { run_id: string };
  run_tags: { run_id: string };
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

/** Files of runs and the differences of their code; runs and files can be removed. */
export const trackingRetention: RoomRetention = {
  columns: [...artifactColumns, 'runs.source'],
  references,
  removable: [runs('runs', 'finished_at'), runs('deleted-runs', 'deleted_at'), removableArtifacts],
};

async function* references(sql: SqlReader): AsyncIterable<BlobReference> {
  yield* artifactReferences(sql);
  const sources = inPages<{ id: string; workspace: string; source: string }>((last) =>
    sql
      .query<Tables>()
      .selectFrom('runs')
      .select(['id', 'workspace', 'source'])
      .where('id', '>', last?.id ?? '')
      .orderBy('id')
      .limit(pageSize)
      .execute(),
  );
  for await (const { workspace, source } of sources) {
    const { codeDiff } = JSON.parse(source) as RunSource;
    if (codeDiff !== undefined) yield { digest: codeDiff, type: 'file', workspace, kind: 'runs' };
  }
}

/** Runs, by when they finished or were deleted. */
function runs(kind: 'runs' | 'deleted-runs', time: 'finished_at' | 'deleted_at'): Removable {
  return {
    kind,
    // A run may have a million metric points.
    batch: 10,
    async page(sql, { workspace, before, after, limit }) {
      const rows = await sql
        .query<Tables>()
        .selectFrom('runs')
        .innerJoin('experiments', 'experiments.id', 'runs.experiment_id')
        .select(['runs.id', 'runs.project', `runs.${time} as at`, 'experiments.name as experiment'])
        .where('runs.workspace', '=', workspace)
        .where(`runs.${time}`, '<', before)
        .where('runs.id', '>', after ?? '')
        .orderBy('runs.id')
        .limit(limit)
        .execute();
      if (rows.length === 0) return [];
      const files = await sql
        .query<Tables>()
        .selectFrom('artifacts')
        .select(['owner_id', 'digest', 'size'])
        .where('workspace', '=', workspace)
        .where('owner_kind', '=', 'run')
        .where(
          'owner_id',
          'in',
          rows.map(({ id }) => id),
        )
        .execute();
      return rows.map((row): RemovableThing => {
        const own = files.filter((file) => file.owner_id === row.id);
        return {
          key: row.id,
          at: row.at ?? before,
          project: row.project,
          things: [{ kind: 'run', id: row.id }],
          ends: true,
          within: withinExperiment(row.experiment, row.project),
          bytes: own.reduce((sum, { size }) => sum + size, 0),
          content: own.map(({ digest }) => ({ digest, type: 'file' })),
        };
      });
    },
    remove: removeRuns,
  };
}

/** Removes runs with all that is kept of them but the content of their files. */
async function removeRuns(tx: SqlTransaction, workspace: string, ids: readonly string[]): Promise<void> {
  const query = tx.query<Tables>();
  const series = query.selectFrom('metric_series').select('id').where('run_id', 'in', ids);
  await query.deleteFrom('metric_points').where('series_id', 'in', series).execute();
  await query.deleteFrom('metric_series').where('run_id', 'in', ids).execute();
  await deleteArtifactsOf(tx, workspace, 'run', ids);
  await query.deleteFrom('run_params').where('run_id', 'in', ids).execute();
  await query.deleteFrom('run_tags').where('run_id', 'in', ids).execute();
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

function withinExperiment(experiment: string, project: string | null) {
  const within: { kind: 'experiment' | 'project'; id: string }[] = [{ kind: 'experiment', id: experiment }];
  if (project !== null) within.push({ kind: 'project', id: project });
  return within;
}
