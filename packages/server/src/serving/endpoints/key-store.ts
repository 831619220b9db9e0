import type { InferenceKey } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface KeyTables {
  inference_keys: {
    workspace: string;
    id: string;
    endpoint: string;
    name: string;
    hash: string;
    requests_per_second: number;
    burst: number;
    expires_at: number | null;
    revoked_at: number | null;
    created_by: string;
    created_at: number;
  };
}

/** A key without the key: only its hash is ever stored. */
export type StoredKey = InferenceKey & { readonly hash: string };

export async function insertKey(tx: SqlTransaction, workspace: string, key: StoredKey): Promise<void> {
  await tx
    .query<KeyTables>()
    .insertInto('inference_keys')
    .values({
      workspace,
      id: key.id,
      endpoint: key.endpoint,
      name: key.name,
      hash: key.hash,
      requests_per_second: key.requestsPerSecond,
      burst: key.burst,
      expires_at: key.expiresAt,
      revoked_at: null,
      created_by: key.createdBy,
      created_at: key.createdAt,
    })
    .execute();
}

/** Keys that are not revoked, oldest first; of one endpoint, or of all. */
export async function listKeys(
  sql: SqlReader,
  workspace: string,
  endpoint?: string,
): Promise<readonly StoredKey[]> {
  let query = sql
    .query<KeyTables>()
    .selectFrom('inference_keys')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('revoked_at', 'is', null);
  if (endpoint !== undefined) query = query.where('endpoint', '=', endpoint);
  const rows = await query.orderBy('created_at').orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    endpoint: row.endpoint,
    name: row.name,
    hash: row.hash,
    requestsPerSecond: row.requests_per_second,
    burst: row.burst,
    expiresAt: row.expires_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
  }));
}

/** Those of the keys that are not revoked. */
export async function listKeysById(
  sql: SqlReader,
  workspace: string,
  ids: readonly string[],
): Promise<readonly { id: string; requestsPerSecond: number; burst: number }[]> {
  const found: { id: string; requestsPerSecond: number; burst: number }[] = [];
  for (let first = 0; first < ids.length; first += 500) {
    const rows = await sql
      .query<KeyTables>()
      .selectFrom('inference_keys')
      .select(['id', 'requests_per_second', 'burst'])
      .where('workspace', '=', workspace)
      .where('revoked_at', 'is', null)
      .where('id', 'in', ids.slice(first, first + 500))
      .execute();
    for (const row of rows)
      found.push({ id: row.id, requestsPerSecond: row.requests_per_second, burst: row.burst });
  }
  return found;
}

/** False when there is no such key in force. */
export async function revokeKey(
  tx: SqlTransaction,
  workspace: string,
  key: { endpoint: string; id: string; at: number },
): Promise<boolean> {
  const result = await tx
    .query<KeyTables>()
    .updateTable('inference_keys')
    .set({ revoked_at: key.at })
    .where('workspace', '=', workspace)
    .where('endpoint', '=', key.endpoint)
    .where('id', '=', key.id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
