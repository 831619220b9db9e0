import type { ModelVersion, VersionStage } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

export interface VersionRow {
  workspace: string;
  id: string;
  model: string;
  version: number;
  checked: number;
  digest: string;
  trained_model_id: string;
  evaluation_id: string;
  document: string;
  stage: VersionStage;
  source: string;
  location: string;
  run_id: string | null;
  run_link: string;
  logged_model_id: string | null;
  description: string;
  created_at: number;
  updated_at: number;
  deleted_at: number | null;
}

interface VersionTables {
  model_versions: VersionRow;
}

/** A folder whose files can be kept: of a run, or of a logged model. */
export interface Folder {
  readonly kind: 'run' | 'logged-model';
  readonly id: string;
  /** Below the owner's root; empty for the root. */
  readonly path: string;
}

/** The document of a version that was registered as it is. */
interface KeptDocument {
  readonly project: string;
  readonly bytes: number;
  readonly artifacts: ModelVersion['artifacts'];
  /** Where the files came from; null when there are none. */
  readonly folder: Folder | null;
  readonly createdBy: string;
}

/** A version as kept. */
export interface StoredVersion extends KeptDocument {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  /** Null of a version without files. */
  readonly digest: string | null;
  readonly stage: VersionStage;
  /** What it was registered from, as it was called. */
  readonly source: string;
  /** Where its files are found under the address they had; empty when only here. */
  readonly location: string;
  readonly runId: string | null;
  readonly runLink: string;
  readonly loggedModelId: string | null;
  readonly description: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What it was checked and evaluated by; undefined when it was registered as it is. */
  readonly checked: ModelVersion | undefined;
}

/** What was checked never changes, so it is stored whole. */
export async function insertCheckedVersion(
  tx: SqlTransaction,
  workspace: string,
  version: ModelVersion,
): Promise<void> {
  await insert(tx, {
    workspace,
    id: version.id,
    model: version.model,
    version: version.version,
    checked: 1,
    digest: version.digest,
    trained_model_id: version.trainedModelId,
    evaluation_id: version.evaluationId,
    document: JSON.stringify(version),
    stage: 'none',
    source: `esteira:/trained-models/${version.trainedModelId}`,
    location: '',
    run_id: version.runId,
    run_link: '',
    logged_model_id: null,
    description: version.description,
    created_at: version.createdAt,
    updated_at: version.createdAt,
    deleted_at: null,
  });
}

/** Inserts a version that is registered as it is. */
export async function insertKeptVersion(
  tx: SqlTransaction,
  workspace: string,
  version: StoredVersion,
): Promise<void> {
  const { project, bytes, artifacts, folder, createdBy } = version;
  await insert(tx, {
    workspace,
    id: version.id,
    model: version.model,
    version: version.version,
    checked: 0,
    digest: version.digest ?? '',
    trained_model_id: '',
    evaluation_id: '',
    document: JSON.stringify({ project, bytes, artifacts, folder, createdBy } satisfies KeptDocument),
    stage: version.stage,
    source: version.source,
    location: version.location,
    run_id: version.runId,
    run_link: version.runLink,
    logged_model_id: version.loggedModelId,
    description: version.description,
    created_at: version.createdAt,
    updated_at: version.updatedAt,
    deleted_at: null,
  });
}

export async function findVersionById(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredVersion | undefined> {
  const row = await standing(sql, workspace).where('id', '=', id).executeTakeFirst();
  return row && toStored(row);
}

export async function findVersion(
  sql: SqlReader,
  workspace: string,
  model: string,
  version: number,
): Promise<StoredVersion | undefined> {
  const row = await standing(sql, workspace)
    .where('model', '=', model)
    .where('version', '=', version)
    .executeTakeFirst();
  return row && toStored(row);
}

export async function findCheckedVersionOf(
  sql: SqlReader,
  workspace: string,
  model: string,
  source: { trainedModelId: string; evaluationId: string },
): Promise<ModelVersion | undefined> {
  const row = await standing(sql, workspace)
    .where('model', '=', model)
    .where('trained_model_id', '=', source.trainedModelId)
    .where('evaluation_id', '=', source.evaluationId)
    .executeTakeFirst();
  return row && toStored(row).checked;
}

/** The newest version of a model whose frozen files have a digest. */
export async function findVersionOfFiles(
  sql: SqlReader,
  workspace: string,
  model: string,
  digest: string,
): Promise<StoredVersion | undefined> {
  const row = await standing(sql, workspace)
    .where('model', '=', model)
    .where('digest', '=', digest)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toStored(row);
}

/** Newest first; `before` is the last number of the page before. */
export async function listVersions(
  sql: SqlReader,
  workspace: string,
  filter: { model: string; before?: number | undefined; limit: number; checked?: true },
): Promise<readonly StoredVersion[]> {
  let query = standing(sql, workspace).where('model', '=', filter.model);
  if (filter.before !== undefined) query = query.where('version', '<', filter.before);
  if (filter.checked) query = query.where('checked', '=', 1);
  const rows = await query.orderBy('version', 'desc').limit(filter.limit).execute();
  return rows.map(toStored);
}

/** The newest version in each stage of each of the models. */
export async function newestInStages(
  sql: SqlReader,
  workspace: string,
  models: readonly string[],
): Promise<readonly StoredVersion[]> {
  if (models.length === 0) return [];
  const newest = sql
    .query<VersionTables>()
    .selectFrom('model_versions as of_stage')
    .select(({ fn }) => ['of_stage.model', fn.max('of_stage.version').as('newest')])
    .where('of_stage.workspace', '=', workspace)
    .where('of_stage.model', 'in', models)
    .where('of_stage.deleted_at', 'is', null)
    .groupBy(['of_stage.model', 'of_stage.stage'])
    .as('newest');
  const rows = await sql
    .query<VersionTables>()
    .selectFrom('model_versions')
    .innerJoin(newest, (join) =>
      join
        .onRef('newest.model', '=', 'model_versions.model')
        .onRef('newest.newest', '=', 'model_versions.version'),
    )
    .selectAll('model_versions')
    .where('model_versions.workspace', '=', workspace)
    .orderBy('model_versions.model')
    .orderBy('model_versions.version')
    .execute();
  return rows.map(toStored);
}

/** Numbers, ids and stages of the versions that have a stage. */
export async function listStaged(
  sql: SqlReader,
  workspace: string,
  model: string,
): Promise<readonly { id: string; version: number; stage: VersionStage }[]> {
  return await sql
    .query<VersionTables>()
    .selectFrom('model_versions')
    .select(['id', 'version', 'stage'])
    .where('workspace', '=', workspace)
    .where('model', '=', model)
    .where('stage', '!=', 'none')
    .where('deleted_at', 'is', null)
    .execute();
}

export async function updateVersion(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  change: { stage?: VersionStage; description?: string; deletedAt?: number; updatedAt: number },
): Promise<void> {
  const { stage, description, deletedAt, updatedAt } = change;
  await tx
    .query<VersionTables>()
    .updateTable('model_versions')
    .set({
      updated_at: updatedAt,
      ...(stage === undefined ? {} : { stage }),
      ...(description === undefined ? {} : { description }),
      ...(deletedAt === undefined ? {} : { deleted_at: deletedAt }),
    })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

/** Moves every version of a model from one stage to another, but one. Returns their numbers. */
export async function moveStage(
  tx: SqlTransaction,
  workspace: string,
  move: { model: string; from: VersionStage; to: VersionStage; except: number; updatedAt: number },
): Promise<readonly number[]> {
  const rows = await tx
    .query<VersionTables>()
    .updateTable('model_versions')
    .set({ stage: move.to, updated_at: move.updatedAt })
    .where('workspace', '=', workspace)
    .where('model', '=', move.model)
    .where('stage', '=', move.from)
    .where('version', '!=', move.except)
    .where('deleted_at', 'is', null)
    .returning('version')
    .execute();
  return rows.map(({ version }) => version);
}

/** Numbers of versions that were made from logged models, by the model they are of. */
export async function registrationsOf(
  sql: SqlReader,
  workspace: string,
  loggedModels: readonly string[],
): Promise<readonly { loggedModelId: string | null; model: string; version: number }[]> {
  if (loggedModels.length === 0) return [];
  return await sql
    .query<VersionTables>()
    .selectFrom('model_versions')
    .select(['logged_model_id as loggedModelId', 'model', 'version'])
    .where('workspace', '=', workspace)
    .where('logged_model_id', 'in', loggedModels)
    .where('deleted_at', 'is', null)
    .orderBy('model')
    .orderBy('version')
    .execute();
}

/** A version that stands and was made from a logged model of an experiment, in words. */
export async function versionFromExperiment(
  sql: SqlReader,
  workspace: string,
  experimentId: string,
): Promise<string | undefined> {
  const row = await sql
    .query<VersionTables & { logged_models: { id: string; experiment_id: string } }>()
    .selectFrom('model_versions')
    .innerJoin('logged_models', 'logged_models.id', 'model_versions.logged_model_id')
    .select(['model_versions.model', 'model_versions.version'])
    .where('model_versions.workspace', '=', workspace)
    .where('logged_models.experiment_id', '=', experimentId)
    .where('model_versions.deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : `version ${row.version} of ${row.model}`;
}

export function toStored(row: VersionRow): StoredVersion {
  const own = {
    id: row.id,
    model: row.model,
    version: row.version,
    digest: row.digest === '' ? null : row.digest,
    stage: row.stage,
    source: row.source,
    location: row.location,
    runId: row.run_id,
    runLink: row.run_link,
    loggedModelId: row.logged_model_id,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
  if (row.checked === 0) return { ...(JSON.parse(row.document) as KeptDocument), ...own, checked: undefined };
  const document = JSON.parse(row.document) as ModelVersion;
  const checked = { ...document, model: row.model, description: row.description };
  const { project, bytes, artifacts, createdBy } = document;
  return { ...own, project, bytes, artifacts, createdBy, folder: null, checked };
}

async function insert(tx: SqlTransaction, row: VersionRow): Promise<void> {
  await tx.query<VersionTables>().insertInto('model_versions').values(row).execute();
}

function standing(sql: SqlReader, workspace: string) {
  return sql
    .query<VersionTables>()
    .selectFrom('model_versions')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('deleted_at', 'is', null);
}
