import { InferenceKey } from '@esteira/contracts';
import { behindKey } from '../../storage/sql/behind-key.ts';
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
    quota_per_day: number | null;
    permissions: string | null;
    expires_at: number | null;
    last_used_at: number | null;
    replaces_id: string | null;
    revoked_at: number | null;
    created_by: string;
    created_at: number;
  };
  inference_key_endpoints: { workspace: string; endpoint: string; key_id: string };
}

/** A key without the key: only its hash is ever stored. */
export type StoredKey = InferenceKey & { readonly hash: string };

/** What a key allows. */
export interface KeyAllowance {
  readonly id: string;
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly quotaPerDay: number | null;
}

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
      quota_per_day: key.quotaPerDay,
      permissions: key.permissions.length === 0 ? null : key.permissions.join(' '),
      expires_at: key.expiresAt,
      last_used_at: null,
      replaces_id: key.replacesId,
      revoked_at: null,
      created_by: key.createdBy,
      created_at: key.createdAt,
    })
    .execute();
  await tx
    .query<KeyTables>()
    .insertInto('inference_key_endpoints')
    .values(key.endpoints.map((endpoint) => ({ workspace, endpoint, key_id: key.id })))
    .execute();
}

/** Keys that are not revoked, oldest first; those that open an endpoint, or all; behind a key, or from the first. */
export async function listKeys(
  sql: SqlReader,
  workspace: string,
  filter: {
    endpoint?: string | undefined;
    after?: readonly [createdAt: number, id: string] | undefined;
    limit?: number | undefined;
  } = {},
): Promise<readonly StoredKey[]> {
  let query = standing(sql, workspace);
  const { endpoint, after, limit } = filter;
  if (endpoint !== undefined) {
    query = query.where('id', 'in', (select) =>
      select
        .selectFrom('inference_key_endpoints')
        .select('key_id')
        .where('workspace', '=', workspace)
        .where('endpoint', '=', endpoint),
    );
  }
  query = query
    .where(behindKey(['created_at', 'id'], after))
    .orderBy('created_at')
    .orderBy('id');
  if (limit !== undefined) query = query.limit(limit);
  return await withEndpoints(sql, workspace, await query.execute());
}

export async function findKey(sql: SqlReader, workspace: string, id: string): Promise<StoredKey | undefined> {
  const rows = await standing(sql, workspace).where('id', '=', id).execute();
  return (await withEndpoints(sql, workspace, rows))[0];
}

/** Those of the keys that are not revoked. */
export async function listKeysById(
  sql: SqlReader,
  workspace: string,
  ids: readonly string[],
): Promise<readonly KeyAllowance[]> {
  const found: KeyAllowance[] = [];
  for (let first = 0; first < ids.length; first += 500) {
    const rows = await standing(sql, workspace)
      .where('id', 'in', ids.slice(first, first + 500))
      .execute();
    for (const row of rows) {
      found.push({
        id: row.id,
        requestsPerSecond: row.requests_per_second,
        burst: row.burst,
        quotaPerDay: row.quota_per_day,
      });
    }
  }
  return found;
}

export async function updateKey(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  change: { revokedAt?: number; expiresAt?: number },
): Promise<void> {
  await tx
    .query<KeyTables>()
    .updateTable('inference_keys')
    .set({
      ...(change.revokedAt === undefined ? {} : { revoked_at: change.revokedAt }),
      ...(change.expiresAt === undefined ? {} : { expires_at: change.expiresAt }),
    })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

/** A key that opens several endpoints opens this one no more. */
export async function closeEndpoint(
  tx: SqlTransaction,
  workspace: string,
  key: { id: string; endpoint: string; first: string },
): Promise<void> {
  await tx
    .query<KeyTables>()
    .deleteFrom('inference_key_endpoints')
    .where('workspace', '=', workspace)
    .where('key_id', '=', key.id)
    .where('endpoint', '=', key.endpoint)
    .execute();
  await tx
    .query<KeyTables>()
    .updateTable('inference_keys')
    .set({ endpoint: key.first })
    .where('workspace', '=', workspace)
    .where('id', '=', key.id)
    .execute();
}

/** Notes when keys were last used. */
export async function markUsed(
  tx: SqlTransaction,
  workspace: string,
  keys: readonly { id: string; lastUsedAt: number }[],
): Promise<void> {
  for (const { id, lastUsedAt } of keys) {
    await tx
      .query<KeyTables>()
      .updateTable('inference_keys')
      .set({ last_used_at: lastUsedAt })
      .where('workspace', '=', workspace)
      .where('id', '=', id)
      .where((test) => test.or([test('last_used_at', 'is', null), test('last_used_at', '<', lastUsedAt)]))
      .execute();
  }
}

function standing(sql: SqlReader, workspace: string) {
  return sql
    .query<KeyTables>()
    .selectFrom('inference_keys')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('revoked_at', 'is', null);
}

async function withEndpoints(
  sql: SqlReader,
  workspace: string,
  rows: readonly KeyTables['inference_keys'][],
): Promise<readonly StoredKey[]> {
  const opened = new Map<string, string[]>(rows.map(({ id }) => [id, []]));
  const ids = [...opened.keys()];
  for (let first = 0; first < ids.length; first += 500) {
    const pairs = await sql
      .query<KeyTables>()
      .selectFrom('inference_key_endpoints')
      .select(['key_id', 'endpoint'])
      .where('workspace', '=', workspace)
      .where('key_id', 'in', ids.slice(first, first + 500))
      .orderBy('endpoint')
      .execute();
    for (const { key_id, endpoint } of pairs) opened.get(key_id)?.push(endpoint);
  }
  return rows.map((row) => ({
    id: row.id,
    endpoint: row.endpoint,
    endpoints: opened.get(row.id) ?? [],
    name: row.name,
    hash: row.hash,
    requestsPerSecond: row.requests_per_second,
    burst: row.burst,
    quotaPerDay: row.quota_per_day,
    permissions: readPermissions(row.permissions),
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    replacesId: row.replaces_id,
    createdBy: row.created_by,
    createdAt: row.created_at,
  }));
}

function readPermissions(text: string | null): InferenceKey['permissions'] {
  return text === null ? [] : InferenceKey.shape.permissions.parse(text.split(' '));
}
