import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface ArtifactTables {
  run_artifacts: { run_id: string; path: string; digest: string; size: number; created_at: number };
}

/** A file kept with a run. */
export interface Artifact {
  readonly path: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly createdAt: number;
}

/** Stores the entry, in place of an earlier one at the same path. */
export async function putArtifactEntry(tx: SqlTransaction, runId: string, artifact: Artifact): Promise<void> {
  await tx
    .query<ArtifactTables>()
    .insertInto('run_artifacts')
    .values({
      run_id: runId,
      path: artifact.path,
      digest: artifact.digest,
      size: artifact.size,
      created_at: artifact.createdAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['run_id', 'path']).doUpdateSet((row) => ({
        digest: row.ref('excluded.digest'),
        size: row.ref('excluded.size'),
        created_at: row.ref('excluded.created_at'),
      })),
    )
    .execute();
}

export async function findArtifact(
  reader: SqlReader,
  runId: string,
  path: string,
): Promise<Artifact | undefined> {
  const row = await reader
    .query<ArtifactTables>()
    .selectFrom('run_artifacts')
    .selectAll()
    .where('run_id', '=', runId)
    .where('path', '=', path)
    .executeTakeFirst();
  return row === undefined ? undefined : toArtifact(row);
}

/** Files by path; those below the folder `under` only when it is given. */
export async function listArtifacts(
  reader: SqlReader,
  runId: string,
  options: { under?: string | undefined; after?: string | undefined; limit: number },
): Promise<readonly Artifact[]> {
  let query = reader
    .query<ArtifactTables>()
    .selectFrom('run_artifacts')
    .selectAll()
    .where('run_id', '=', runId);
  if (options.after !== undefined) query = query.where('path', '>', options.after);
  // `0` is the character after `/`: everything below the folder sorts between the two.
  if (options.under)
    query = query.where('path', '>', `${options.under}/`).where('path', '<', `${options.under}0`);
  const rows = await query.orderBy('path').limit(options.limit).execute();
  return rows.map(toArtifact);
}

function toArtifact(row: ArtifactTables['run_artifacts']): Artifact {
  return { path: row.path, digest: row.digest, size: row.size, createdAt: row.created_at };
}
