import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface PipelineTables {
  pipelines: {
    workspace: string;
    name: string;
    project: string;
    version: number;
    created_at: number;
    updated_at: number;
  };
  pipeline_specs: {
    workspace: string;
    pipeline: string;
    version: number;
    digest: string;
    text: string;
    created_by: string;
    created_at: number;
  };
}

/** A pipeline with its current spec. */
export interface StoredPipeline {
  readonly name: string;
  readonly project: string;
  readonly version: number;
  readonly digest: string;
  readonly text: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface SpecVersion {
  readonly version: number;
  readonly digest: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

/**
 * Makes a spec the current one of its pipeline; one whose digest is known is taken up again under its old version.
 * Returns its version, and whether anything changed.
 */
export async function putSpec(
  tx: SqlTransaction,
  workspace: string,
  spec: { name: string; project: string; digest: string; text: string; createdBy: string; at: number },
): Promise<{ readonly version: number; readonly changed: boolean }> {
  const query = tx.query<PipelineTables>();
  const current = await query
    .selectFrom('pipelines')
    .select('version')
    .where('workspace', '=', workspace)
    .where('name', '=', spec.name)
    .executeTakeFirst();
  const specs = query
    .selectFrom('pipeline_specs')
    .where('workspace', '=', workspace)
    .where('pipeline', '=', spec.name);
  const same = await specs.select('version').where('digest', '=', spec.digest).executeTakeFirst();
  if (same !== undefined && same.version === current?.version)
    return { version: same.version, changed: false };
  const highest = await specs.select((row) => row.fn.max('version').as('version')).executeTakeFirst();
  const version = same?.version ?? Number(highest?.version ?? 0) + 1;
  if (same === undefined) {
    const { digest, text, createdBy, at } = spec;
    await query
      .insertInto('pipeline_specs')
      .values({
        workspace,
        pipeline: spec.name,
        version,
        digest,
        text,
        created_by: createdBy,
        created_at: at,
      })
      .execute();
  }
  await query
    .insertInto('pipelines')
    .values({
      workspace,
      name: spec.name,
      project: spec.project,
      version,
      created_at: spec.at,
      updated_at: spec.at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'name'])
        .doUpdateSet({ project: spec.project, version, updated_at: spec.at }),
    )
    .execute();
  return { version, changed: true };
}

export async function findPipeline(
  reader: SqlReader,
  workspace: string,
  name: string,
): Promise<StoredPipeline | undefined> {
  const row = await currentSpecs(reader, workspace).where('pipelines.name', '=', name).executeTakeFirst();
  return row === undefined ? undefined : toPipeline(row);
}

/** Pipelines by name, behind the name `after`. */
export async function listPipelines(
  reader: SqlReader,
  workspace: string,
  options: { project?: string | undefined; after?: string | undefined; limit: number },
): Promise<readonly StoredPipeline[]> {
  let query = currentSpecs(reader, workspace);
  if (options.project !== undefined) query = query.where('pipelines.project', '=', options.project);
  if (options.after !== undefined) query = query.where('pipelines.name', '>', options.after);
  const rows = await query.orderBy('pipelines.name').limit(options.limit).execute();
  return rows.map(toPipeline);
}

/** Every version of a pipeline, newest first. */
export async function listSpecVersions(
  reader: SqlReader,
  workspace: string,
  name: string,
): Promise<readonly SpecVersion[]> {
  const rows = await reader
    .query<PipelineTables>()
    .selectFrom('pipeline_specs')
    .select(['version', 'digest', 'created_at', 'created_by'])
    .where('workspace', '=', workspace)
    .where('pipeline', '=', name)
    .orderBy('version', 'desc')
    .limit(1000)
    .execute();
  return rows.map((row) => ({
    version: row.version,
    digest: row.digest,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }));
}

/** The text of a version that a run was started with. */
export async function specText(
  reader: SqlReader,
  workspace: string,
  pipeline: string,
  version: number,
): Promise<string | undefined> {
  const row = await reader
    .query<PipelineTables>()
    .selectFrom('pipeline_specs')
    .select('text')
    .where('workspace', '=', workspace)
    .where('pipeline', '=', pipeline)
    .where('version', '=', version)
    .executeTakeFirst();
  return row?.text;
}

function currentSpecs(reader: SqlReader, workspace: string) {
  return reader
    .query<PipelineTables>()
    .selectFrom('pipelines')
    .innerJoin('pipeline_specs', (join) =>
      join
        .onRef('pipeline_specs.workspace', '=', 'pipelines.workspace')
        .onRef('pipeline_specs.pipeline', '=', 'pipelines.name')
        .onRef('pipeline_specs.version', '=', 'pipelines.version'),
    )
    .selectAll('pipelines')
    .select(['pipeline_specs.digest as digest', 'pipeline_specs.text as text'])
    .where('pipelines.workspace', '=', workspace);
}

function toPipeline(row: PipelineTables['pipelines'] & { digest: string; text: string }): StoredPipeline {
  return {
    name: row.name,
    project: row.project,
    version: row.version,
    digest: row.digest,
    text: row.text,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
