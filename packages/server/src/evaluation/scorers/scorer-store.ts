import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface ScorerTables {
  scorers: { id: string; workspace: string; experiment: number; name: string };
  scorer_versions: {
    scorer_id: string;
    version: number;
    definition: string;
    created_by: string;
    created_at: number;
  };
}

/** One version of what judges answers: a definition that its client understands, and that is never run here. */
export interface ScorerVersion {
  readonly scorerId: string;
  /** The number of its experiment. */
  readonly experiment: number;
  readonly name: string;
  /** From 1. */
  readonly version: number;
  /** JSON. */
  readonly definition: string;
  readonly createdBy: string;
  readonly createdAt: number;
}

interface ScorerName {
  readonly workspace: string;
  readonly experiment: number;
  readonly name: string;
}

/** The id of the scorer of that name; `id` when it is new. */
export async function ensureScorer(tx: SqlTransaction, scorer: ScorerName, id: string): Promise<string> {
  await tx
    .query<ScorerTables>()
    .insertInto('scorers')
    .values({ id, workspace: scorer.workspace, experiment: scorer.experiment, name: scorer.name })
    .onConflict((conflict) => conflict.columns(['workspace', 'experiment', 'name']).doNothing())
    .execute();
  return (await findScorer(tx, scorer)) ?? id;
}

export async function findScorer(reader: SqlReader, scorer: ScorerName): Promise<string | undefined> {
  const row = await reader
    .query<ScorerTables>()
    .selectFrom('scorers')
    .select('id')
    .where('workspace', '=', scorer.workspace)
    .where('experiment', '=', scorer.experiment)
    .where('name', '=', scorer.name)
    .executeTakeFirst();
  return row?.id;
}

/** In whatever workspace and by whatever name. */
export async function hasScorerId(reader: SqlReader, id: string): Promise<boolean> {
  const row = await reader
    .query<ScorerTables>()
    .selectFrom('scorers')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  return row !== undefined;
}

/** 0 when it has none. */
export async function newestVersion(reader: SqlReader, scorerId: string): Promise<number> {
  const row = await reader
    .query<ScorerTables>()
    .selectFrom('scorer_versions')
    .select(({ fn }) => fn.max<number | null>('version').as('newest'))
    .where('scorer_id', '=', scorerId)
    .executeTakeFirst();
  return row?.newest ?? 0;
}

export async function insertScorerVersion(tx: SqlTransaction, version: ScorerVersion): Promise<void> {
  await tx
    .query<ScorerTables>()
    .insertInto('scorer_versions')
    .values({
      scorer_id: version.scorerId,
      version: version.version,
      definition: version.definition,
      created_by: version.createdBy,
      created_at: version.createdAt,
    })
    .execute();
}

/** All of one scorer, oldest first. */
export async function listVersions(reader: SqlReader, scorer: ScorerName): Promise<readonly ScorerVersion[]> {
  const rows = await versions(reader, scorer.workspace)
    .where('scorers.experiment', '=', scorer.experiment)
    .where('scorers.name', '=', scorer.name)
    .orderBy('scorer_versions.version')
    .execute();
  return rows.map(toVersion);
}

/** Those of a scorer by its id, newest first; below the version `before`. */
export async function listVersionsOf(
  reader: SqlReader,
  workspace: string,
  scorerId: string,
  { before, limit }: { readonly before: number | undefined; readonly limit: number },
): Promise<readonly ScorerVersion[]> {
  let query = versions(reader, workspace).where('scorer_versions.scorer_id', '=', scorerId);
  if (before !== undefined) query = query.where('scorer_versions.version', '<', before);
  return (await query.orderBy('scorer_versions.version', 'desc').limit(limit).execute()).map(toVersion);
}

/** The newest version of each scorer, the newest scorer first; below the id `before`. */
export async function listScorers(
  reader: SqlReader,
  workspace: string,
  {
    experiment,
    before,
    limit,
  }: { readonly experiment: number | undefined; readonly before: string | undefined; readonly limit: number },
): Promise<readonly ScorerVersion[]> {
  let query = onlyNewest(reader, workspace);
  if (experiment !== undefined) query = query.where('scorers.experiment', '=', experiment);
  if (before !== undefined) query = query.where('scorers.id', '<', before);
  return (await query.orderBy('scorers.id', 'desc').limit(limit).execute()).map(toVersion);
}

/** The newest of each scorer of these experiments, by experiment and name. */
export async function newestVersions(
  reader: SqlReader,
  workspace: string,
  experiments: readonly number[] | undefined,
): Promise<readonly ScorerVersion[]> {
  let query = onlyNewest(reader, workspace);
  if (experiments !== undefined) query = query.where('scorers.experiment', 'in', experiments);
  return (await query.orderBy('scorers.experiment').orderBy('scorers.name').execute()).map(toVersion);
}

/** Deletes one version, or the scorer with all of them. */
export async function deleteVersions(
  tx: SqlTransaction,
  scorerId: string,
  version: number | undefined,
): Promise<number> {
  let query = tx.query<ScorerTables>().deleteFrom('scorer_versions').where('scorer_id', '=', scorerId);
  if (version !== undefined) query = query.where('version', '=', version);
  const result = await query.executeTakeFirst();
  if (version === undefined)
    await tx.query<ScorerTables>().deleteFrom('scorers').where('id', '=', scorerId).execute();
  return Number(result.numDeletedRows);
}

function onlyNewest(reader: SqlReader, workspace: string) {
  return versions(reader, workspace).where('scorer_versions.version', '=', (inner) =>
    inner
      .selectFrom('scorer_versions as all')
      .select(({ fn }) => fn.max<number>('all.version').as('newest'))
      .whereRef('all.scorer_id', '=', 'scorer_versions.scorer_id'),
  );
}

function versions(reader: SqlReader, workspace: string) {
  return reader
    .query<ScorerTables>()
    .selectFrom('scorer_versions')
    .innerJoin('scorers', 'scorers.id', 'scorer_versions.scorer_id')
    .selectAll('scorer_versions')
    .select(['scorers.experiment', 'scorers.name'])
    .where('scorers.workspace', '=', workspace);
}

function toVersion(
  row: ScorerTables['scorer_versions'] & Pick<ScorerTables['scorers'], 'experiment' | 'name'>,
): ScorerVersion {
  return {
    scorerId: row.scorer_id,
    experiment: row.experiment,
    name: row.name,
    version: row.version,
    definition: row.definition,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
