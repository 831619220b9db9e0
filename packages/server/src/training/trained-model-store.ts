import type { TrainedModel, TrainedModelMeta } from '@esteira/contracts';
import { newestFirst } from '../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface TrainedModelTable {
  trained_models: {
    workspace: string;
    id: string;
    project: string;
    kind: string;
    digest: string;
    bytes: number;
    meta: string;
    run_id: string;
    created_at: number;
  };
}

/** Stores a model; the same bundle from the same run is stored once. */
export async function insertTrainedModel(
  tx: SqlTransaction,
  workspace: string,
  model: TrainedModel,
): Promise<void> {
  await tx
    .query<TrainedModelTable>()
    .insertInto('trained_models')
    .values({
      workspace,
      id: model.id,
      project: model.project,
      kind: model.kind,
      digest: model.digest,
      bytes: model.bytes,
      meta: JSON.stringify(model.meta),
      run_id: model.runId,
      created_at: model.createdAt,
    })
    .execute();
}

export async function findTrainedModel(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<TrainedModel | undefined> {
  const row = await sql
    .query<TrainedModelTable>()
    .selectFrom('trained_models')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toTrainedModel(row);
}

/** Newest first; `before` is the id of the last one of the page before (ids sort by time). */
export async function listTrainedModels(
  sql: SqlReader,
  workspace: string,
  filter: { project?: string | undefined; before?: string | undefined; limit: number },
): Promise<readonly TrainedModel[]> {
  let query = sql
    .query<TrainedModelTable>()
    .selectFrom('trained_models')
    .selectAll()
    .where('workspace', '=', workspace);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  const rows = await newestFirst(query, filter).execute();
  return rows.map(toTrainedModel);
}

function toTrainedModel(row: TrainedModelTable['trained_models']): TrainedModel {
  return {
    id: row.id,
    kind: row.kind as TrainedModel['kind'],
    digest: row.digest,
    bytes: row.bytes,
    runId: row.run_id,
    project: row.project,
    createdAt: row.created_at,
    meta: JSON.parse(row.meta) as TrainedModelMeta,
  };
}
