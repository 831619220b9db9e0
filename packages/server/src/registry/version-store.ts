import type { ModelVersion } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface VersionTables {
  model_versions: {
    workspace: string;
    id: string;
    model: string;
    version: number;
    digest: string;
    trained_model_id: string;
    evaluation_id: string;
    document: string;
    created_at: number;
  };
}

/** A version is written once and never changed, so its document is stored whole. */
export async function insertVersion(
  tx: SqlTransaction,
  workspace: string,
  version: ModelVersion,
): Promise<void> {
  await tx
    .query<VersionTables>()
    .insertInto('model_versions')
    .values({
      workspace,
      id: version.id,
      model: version.model,
      version: version.version,
      digest: version.digest,
      trained_model_id: version.trainedModelId,
      evaluation_id: version.evaluationId,
      document: JSON.stringify(version),
      created_at: version.createdAt,
    })
    .execute();
}

export async function findVersionById(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<ModelVersion | undefined> {
  const row = await versions(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && parse(row.document);
}

export async function findVersion(
  sql: SqlReader,
  workspace: string,
  model: string,
  version: number,
): Promise<ModelVersion | undefined> {
  const row = await versions(sql, workspace)
    .where('model', '=', model)
    .where('version', '=', version)
    .executeTakeFirst();
  return row && parse(row.document);
}

export async function findVersionOf(
  sql: SqlReader,
  workspace: string,
  model: string,
  source: { trainedModelId: string; evaluationId: string },
): Promise<ModelVersion | undefined> {
  const row = await versions(sql, workspace)
    .where('model', '=', model)
    .where('trained_model_id', '=', source.trainedModelId)
    .where('evaluation_id', '=', source.evaluationId)
    .executeTakeFirst();
  return row && parse(row.document);
}

/** Newest first; `before` is the last number of the page before. */
export async function listVersions(
  sql: SqlReader,
  workspace: string,
  filter: { model: string; before?: number | undefined; limit: number },
): Promise<readonly ModelVersion[]> {
  let query = versions(sql, workspace).where('model', '=', filter.model);
  if (filter.before !== undefined) query = query.where('version', '<', filter.before);
  const rows = await query.orderBy('version', 'desc').limit(filter.limit).execute();
  return rows.map((row) => parse(row.document));
}

function versions(sql: SqlReader, workspace: string) {
  return sql
    .query<VersionTables>()
    .selectFrom('model_versions')
    .select('document')
    .where('workspace', '=', workspace);
}

function parse(document: string): ModelVersion {
  return JSON.parse(document) as ModelVersion;
}
