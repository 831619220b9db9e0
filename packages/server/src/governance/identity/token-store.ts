import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { StoredToken } from './api-token.ts';
import { parseRoles } from './principal-store.ts';

interface TokenTables {
  api_tokens: {
    id: string;
    workspace: string;
    principal_id: string;
    name: string;
    public_id: string;
    secret_hash: string;
    suffix: string;
    roles: string | null;
    created_at: number;
    expires_at: number | null;
    revoked_at: number | null;
    last_used_at: number | null;
  };
}

export async function insertToken(tx: SqlTransaction, token: StoredToken): Promise<void> {
  await tx
    .query<TokenTables>()
    .insertInto('api_tokens')
    .values({
      id: token.id,
      workspace: token.workspace,
      principal_id: token.principalId,
      name: token.name,
      public_id: token.publicId,
      secret_hash: token.secretHash,
      suffix: token.suffix,
      roles: token.roles === undefined ? null : JSON.stringify(token.roles),
      created_at: token.createdAt,
      expires_at: token.expiresAt ?? null,
      revoked_at: null,
      last_used_at: null,
    })
    .execute();
}

export async function findToken(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredToken | undefined> {
  const row = await sql
    .query<TokenTables>()
    .selectFrom('api_tokens')
    .selectAll()
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToToken(row);
}

/** Before anybody is identified there is no workspace to look in; public ids are unique in the installation. */
export async function findTokenByPublicId(
  sql: SqlReader,
  publicId: string,
): Promise<StoredToken | undefined> {
  const row = await sql
    .query<TokenTables>()
    .selectFrom('api_tokens')
    .selectAll()
    .where('public_id', '=', publicId)
    .executeTakeFirst();
  return row === undefined ? undefined : rowToToken(row);
}

/** Newest first; `before` is the id of the last one of the page before. */
export async function listTokens(
  sql: SqlReader,
  workspace: string,
  principalId: string,
  page: { limit: number; before?: string | undefined },
): Promise<readonly StoredToken[]> {
  const query = sql
    .query<TokenTables>()
    .selectFrom('api_tokens')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('principal_id', '=', principalId);
  const rows = await newestFirst(query, page).execute();
  return rows.map(rowToToken);
}

export async function hasLiveToken(
  sql: SqlReader,
  workspace: string,
  principalId: string,
  now: number,
): Promise<boolean> {
  const row = await sql
    .query<TokenTables>()
    .selectFrom('api_tokens')
    .select('id')
    .where('workspace', '=', workspace)
    .where('principal_id', '=', principalId)
    .where('revoked_at', 'is', null)
    .where((column) => column.or([column('expires_at', 'is', null), column('expires_at', '>', now)]))
    .executeTakeFirst();
  return row !== undefined;
}

export async function revokeTokenRow(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  now: number,
): Promise<void> {
  await tx
    .query<TokenTables>()
    .updateTable('api_tokens')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('workspace', '=', workspace)
    .execute();
}

export async function revokeTokensOf(
  tx: SqlTransaction,
  workspace: string,
  principalId: string,
  now: number,
): Promise<void> {
  await tx
    .query<TokenTables>()
    .updateTable('api_tokens')
    .set({ revoked_at: now })
    .where('workspace', '=', workspace)
    .where('principal_id', '=', principalId)
    .where('revoked_at', 'is', null)
    .execute();
}

export async function touchToken(tx: SqlTransaction, id: string, now: number): Promise<void> {
  await tx
    .query<TokenTables>()
    .updateTable('api_tokens')
    .set({ last_used_at: now })
    .where('id', '=', id)
    .execute();
}

function rowToToken(row: TokenTables['api_tokens']): StoredToken {
  return {
    id: row.id,
    workspace: row.workspace,
    principalId: row.principal_id,
    name: row.name,
    publicId: row.public_id,
    secretHash: row.secret_hash,
    suffix: row.suffix,
    roles: row.roles === null ? undefined : parseRoles(row.roles),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
