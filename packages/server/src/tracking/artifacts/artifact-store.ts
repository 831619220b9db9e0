import { type RawBuilder, sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Artifact, ArtifactOwner, FolderEntry } from './artifact.ts';

export interface ArtifactTables {
  artifacts: {
    workspace: string;
    owner_kind: string;
    owner_id: string;
    path: string;
    digest: string;
    size: number;
    created_at: number;
  };
}

/** Stores the entry, in place of an earlier one at the same path. */
export async function putArtifactEntry(
  tx: SqlTransaction,
  workspace: string,
  owner: ArtifactOwner,
  artifact: Artifact,
): Promise<void> {
  await tx
    .query<ArtifactTables>()
    .insertInto('artifacts')
    .values({
      workspace,
      owner_kind: owner.kind,
      owner_id: owner.id,
      path: artifact.path,
      digest: artifact.digest,
      size: artifact.size,
      created_at: artifact.createdAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'owner_kind', 'owner_id', 'path']).doUpdateSet((row) => ({
        digest: row.ref('excluded.digest'),
        size: row.ref('excluded.size'),
        created_at: row.ref('excluded.created_at'),
      })),
    )
    .execute();
}

export async function findArtifact(
  reader: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  path: string,
): Promise<Artifact | undefined> {
  const row = await ofOwner(reader, workspace, owner).where('path', '=', path).executeTakeFirst();
  return row === undefined ? undefined : toArtifact(row);
}

/** Digests of files of runs, by path. */
export async function digestsOfRuns(
  reader: SqlReader,
  workspace: string,
  runIds: readonly string[],
  limit: number,
): Promise<readonly { readonly runId: string; readonly path: string; readonly digest: string }[]> {
  return await reader
    .query<ArtifactTables>()
    .selectFrom('artifacts')
    .select(['owner_id as runId', 'path', 'digest'])
    .where('workspace', '=', workspace)
    .where('owner_kind', '=', 'run')
    .where('owner_id', 'in', runIds)
    .orderBy('path')
    .orderBy('owner_id')
    .limit(limit)
    .execute();
}

/** Files by path; those below the folder `under` only when it is given and not empty. */
export async function listArtifacts(
  reader: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  options: { under?: string | undefined; after?: string | undefined; limit: number },
): Promise<readonly Artifact[]> {
  let query = ofOwner(reader, workspace, owner);
  if (options.after !== undefined) query = query.where('path', '>', options.after);
  if (options.under) {
    const { from, to } = below(options.under);
    query = query.where('path', '>=', from).where('path', '<', to);
  }
  const rows = await query.orderBy('path').limit(options.limit).execute();
  return rows.map(toArtifact);
}

/**
 * A page of what the folder shows ('' is the root), in the order of the files' paths; the next page begins at `next`. A
 * folder in it costs one seek in the index, whatever its files: the statement goes from one entry to the first path that can
 * be another.
 */
export async function listFolder(
  reader: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  folder: string,
  page: { from?: string | undefined; limit: number },
): Promise<{ readonly entries: readonly FolderEntry[]; readonly next?: string }> {
  const { from, to } = folder === '' ? { from: '', to: undefined } : below(folder);
  const firstFrom = (bound: RawBuilder<unknown>): RawBuilder<string | null> => sql`(
    select path from artifacts
    where workspace = ${workspace} and owner_kind = ${owner.kind} and owner_id = ${owner.id}
      and path >= ${bound} ${to === undefined ? sql`` : sql`and path < ${to}`}
    order by path limit 1)`;
  const start = sql`cast(${characters(from)} as integer)`;
  const rest = sql`substr(entry.path, ${start} + 1)`;
  const isFile = sql`${rest} not like '%/%'`;
  // Up to the first slash. What is left of the rest when its other characters are taken off its beginning starts with that
  // slash: engines name the function that would find it differently.
  const shown = sql`substr(entry.path, 1, length(entry.path) - length(ltrim(${rest}, replace(${rest}, '/', ''))))`;
  // The least text behind a file is its path and the lowest character a path may hold; `0` is the one behind `/`.
  const next = sql`case when ${isFile} then entry.path || ' ' else ${shown} || '0' end`;
  const { rows } = await sql<{ path: string; size: number | null }>`
    with recursive entry (number, path) as (
      select 1, ${firstFrom(sql`${page.from ?? from}`)}
      union all
      select entry.number + 1, ${firstFrom(next)}
      from entry where entry.path is not null and entry.number < cast(${page.limit} as integer)
    )
    select case when ${isFile} then entry.path else ${shown} end as path,
      case when ${isFile} then (
        select size from artifacts
        where workspace = ${workspace} and owner_kind = ${owner.kind} and owner_id = ${owner.id}
          and path = entry.path) end as size
    from entry where entry.path is not null order by entry.number`.execute(reader.query());
  const entries = rows.map(({ path, size }) => ({ path, size: size ?? undefined }));
  const last = entries.at(-1);
  if (last === undefined || entries.length < page.limit) return { entries };
  return { entries, next: last.size === undefined ? `${last.path}0` : `${last.path} ` };
}

/** A path that a file there would hide or be hidden by: one of its folders that is a file, or a file below it. */
export async function findInTheWay(
  reader: SqlReader,
  workspace: string,
  owner: ArtifactOwner,
  path: string,
): Promise<string | undefined> {
  const { from, to } = below(path);
  const folders = foldersOf(path);
  const row = await ofOwner(reader, workspace, owner)
    .where((where) => {
      const inside = where.and([where('path', '>=', from), where('path', '<', to)]);
      return folders.length === 0 ? inside : where.or([inside, where('path', 'in', folders)]);
    })
    .limit(1)
    .executeTakeFirst();
  return row?.path;
}

/** Deletes the file at the path and all below it; everything with ''. Returns how many. */
export async function deleteArtifacts(
  tx: SqlTransaction,
  workspace: string,
  owner: ArtifactOwner,
  path: string,
): Promise<number> {
  let query = tx
    .query<ArtifactTables>()
    .deleteFrom('artifacts')
    .where('workspace', '=', workspace)
    .where('owner_kind', '=', owner.kind)
    .where('owner_id', '=', owner.id);
  if (path !== '') {
    const { from, to } = below(path);
    query = query.where((where) =>
      where.or([where('path', '=', path), where.and([where('path', '>=', from), where('path', '<', to)])]),
    );
  }
  const { numDeletedRows } = await query.executeTakeFirst();
  return Number(numDeletedRows);
}

/** Deletes the files of owners that are no more. */
export async function deleteArtifactsOf(
  tx: SqlTransaction,
  workspace: string,
  kind: ArtifactOwner['kind'],
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .query<ArtifactTables>()
    .deleteFrom('artifacts')
    .where('workspace', '=', workspace)
    .where('owner_kind', '=', kind)
    .where('owner_id', 'in', ids)
    .execute();
}

function ofOwner(reader: SqlReader, workspace: string, owner: ArtifactOwner) {
  return reader
    .query<ArtifactTables>()
    .selectFrom('artifacts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('owner_kind', '=', owner.kind)
    .where('owner_id', '=', owner.id);
}

/** `0` is the character after `/`: everything below the folder sorts between the two. */
function below(folder: string): { readonly from: string; readonly to: string } {
  return { from: `${folder}/`, to: `${folder}0` };
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** As the engines count them. */
function characters(text: string): number {
  return [...text].length;
}

function toArtifact(row: ArtifactTables['artifacts']): Artifact {
  return { path: row.path, digest: row.digest, size: row.size, createdAt: row.created_at };
}

/** Digests and sizes of the files of some owners of one kind, by the id of the owner. */
export async function filesOfOwners(
  reader: SqlReader,
  workspace: string,
  kind: ArtifactTables['artifacts']['owner_kind'],
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly { readonly digest: string; readonly size: number }[]>> {
  const rows = await reader
    .query<ArtifactTables>()
    .selectFrom('artifacts')
    .select(['owner_id', 'digest', 'size'])
    .where('workspace', '=', workspace)
    .where('owner_kind', '=', kind)
    .where('owner_id', 'in', ids)
    .execute();
  return Map.groupBy(rows, ({ owner_id }) => owner_id);
}
