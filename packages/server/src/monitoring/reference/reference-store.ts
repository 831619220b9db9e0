import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface ReferenceTables {
  monitor_references: {
    workspace: string;
    monitor_id: string;
    cache_key: string;
    digest: string;
    rows: number;
    columns: number;
    chunks: number;
    model_version_id: string | null;
    created_at: number;
  };
}

/** A profiled reference kept as a blob. The key says what it was made of, so the same is never profiled twice. */
export interface StoredReference {
  readonly cacheKey: string;
  /** Digest of the JSON. */
  readonly digest: string;
  readonly rows: number;
  readonly columns: number;
  readonly chunks: number;
  /** The model whose answers were profiled; null for features. */
  readonly modelVersionId: string | null;
  readonly createdAt: number;
}

export async function insertReference(
  tx: SqlTransaction,
  workspace: string,
  monitorId: string,
  reference: StoredReference,
): Promise<void> {
  await tx
    .query<ReferenceTables>()
    .insertInto('monitor_references')
    .values({
      workspace,
      monitor_id: monitorId,
      cache_key: reference.cacheKey,
      digest: reference.digest,
      rows: reference.rows,
      columns: reference.columns,
      chunks: reference.chunks,
      model_version_id: reference.modelVersionId,
      created_at: reference.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Newest first. */
export async function listReferences(
  sql: SqlReader,
  workspace: string,
  monitorId: string,
): Promise<readonly StoredReference[]> {
  const rows = await sql
    .query<ReferenceTables>()
    .selectFrom('monitor_references')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('monitor_id', '=', monitorId)
    .orderBy('created_at', 'desc')
    .orderBy('cache_key')
    .execute();
  return rows.map((row) => ({
    cacheKey: row.cache_key,
    digest: row.digest,
    rows: row.rows,
    columns: row.columns,
    chunks: row.chunks,
    modelVersionId: row.model_version_id,
    createdAt: row.created_at,
  }));
}
