import type { ColumnProfile, JsonValue } from '@esteira/contracts';
import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesById } from '../../kernel/paging.ts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Column } from '../column.ts';

/** Rows that never change, named by digest. */
export interface DatasetVersion {
  readonly id: string;
  readonly datasetId: string;
  readonly number: number;
  /** Merkle digest of the directory of its files. */
  readonly digest: string;
  /** Digest of the rows as a multiset. */
  readonly rowsDigest: string;
  /** What makes a version another one: its rows, and for a derived version its attributes too. */
  readonly identity: string;
  readonly rows: number;
  /** Bytes. */
  readonly size: number;
  /** `ingested` from landed files, or `derived` by the platform from other versions. */
  readonly origin: 'ingested' | 'derived';
  readonly description: string;
  readonly attributes: JsonValue;
  readonly columns: readonly Column[];
  readonly createdAt: number;
  readonly createdBy: string;
}

/** What a version was made of: landed files, or nodes of the lineage. */
export interface VersionSource {
  readonly kind: string;
  readonly id: string;
}

interface VersionRow {
  id: string;
  workspace: string;
  dataset_id: string;
  number: number;
  digest: string;
  rows_digest: string;
  identity: string;
  row_count: number;
  size: number;
  origin: string;
  description: string;
  attributes: string;
  columns: string;
  profile: string;
  created_at: number;
  created_by: string;
}

interface Tables {
  dataset_versions: VersionRow;
  dataset_version_sources: { workspace: string; version_id: string; kind: string; source_id: string };
}

export async function insertVersion(
  tx: SqlTransaction,
  workspace: string,
  version: DatasetVersion,
  profile: readonly ColumnProfile[],
): Promise<void> {
  await tx
    .query<Tables>()
    .insertInto('dataset_versions')
    .values({
      id: version.id,
      workspace,
      dataset_id: version.datasetId,
      number: version.number,
      digest: version.digest,
      rows_digest: version.rowsDigest,
      identity: version.identity,
      row_count: version.rows,
      size: version.size,
      origin: version.origin,
      description: version.description,
      attributes: JSON.stringify(version.attributes),
      columns: JSON.stringify(version.columns),
      profile: JSON.stringify(profile),
      created_at: version.createdAt,
      created_by: version.createdBy,
    })
    .execute();
}

export async function addSources(
  tx: SqlTransaction,
  workspace: string,
  versionId: string,
  sources: readonly VersionSource[],
): Promise<void> {
  for (const { kind, id } of sources) {
    await tx
      .query<Tables>()
      .insertInto('dataset_version_sources')
      .values({ workspace, version_id: versionId, kind, source_id: id })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function sourcesOf(
  sql: SqlReader,
  workspace: string,
  versionId: string,
): Promise<readonly VersionSource[]> {
  const rows = await sql
    .query<Tables>()
    .selectFrom('dataset_version_sources')
    .select(['kind', 'source_id'])
    .where('workspace', '=', workspace)
    .where('version_id', '=', versionId)
    .orderBy('kind')
    .orderBy('source_id')
    .execute();
  return rows.map((row) => ({ kind: row.kind, id: row.source_id }));
}

/** Throws DATASET_VERSION_NOT_FOUND. */
export async function existingVersion(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<DatasetVersion> {
  const row = await versionRow(sql, workspace, id);
  return toVersion(row);
}

export async function profileOf(sql: SqlReader, workspace: string, id: string): Promise<ColumnProfile[]> {
  const row = await versionRow(sql, workspace, id);
  return JSON.parse(row.profile) as ColumnProfile[];
}

export async function findVersionByIdentity(
  sql: SqlReader,
  datasetId: string,
  identity: string,
): Promise<DatasetVersion | undefined> {
  const row = await sql
    .query<Tables>()
    .selectFrom('dataset_versions')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('identity', '=', identity)
    .executeTakeFirst();
  return row === undefined ? undefined : toVersion(row);
}

/** The version of a number, or the newest below `before` (the newest of all without it). */
export async function findVersion(
  sql: SqlReader,
  datasetId: string,
  wanted: { readonly number: number } | { readonly before?: number | undefined },
): Promise<DatasetVersion | undefined> {
  let query = sql
    .query<Tables>()
    .selectFrom('dataset_versions')
    .selectAll()
    .where('dataset_id', '=', datasetId);
  if ('number' in wanted) query = query.where('number', '=', wanted.number);
  else if (wanted.before !== undefined) query = query.where('number', '<', wanted.before);
  const row = await query.orderBy('number', 'desc').executeTakeFirst();
  return row === undefined ? undefined : toVersion(row);
}

const pages = pagesById('dataset-versions');

export async function listVersions(
  sql: SqlReader,
  datasetId: string,
  page: PageRequest,
): Promise<Page<DatasetVersion>> {
  const query = sql
    .query<Tables>()
    .selectFrom('dataset_versions')
    .selectAll()
    .where('dataset_id', '=', datasetId);
  const place = { ...pages.before(page.cursor), limit: page.limit + 1 };
  return pages.of(await newestFirst(query, place).execute(), page.limit, toVersion);
}

async function versionRow(sql: SqlReader, workspace: string, id: string): Promise<VersionRow> {
  const row = await sql
    .query<Tables>()
    .selectFrom('dataset_versions')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw esteiraError('DATASET_VERSION_NOT_FOUND', { id });
  return row;
}

function toVersion(row: VersionRow): DatasetVersion {
  return {
    id: row.id,
    datasetId: row.dataset_id,
    number: row.number,
    digest: row.digest,
    rowsDigest: row.rows_digest,
    identity: row.identity,
    rows: row.row_count,
    size: row.size,
    origin: row.origin as DatasetVersion['origin'],
    description: row.description,
    attributes: JSON.parse(row.attributes) as JsonValue,
    columns: JSON.parse(row.columns) as readonly Column[],
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
