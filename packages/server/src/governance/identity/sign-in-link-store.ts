import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

/** A link that signs a person in once; kept as a hash of its secret. */
export interface SignInLink {
  readonly id: string;
  readonly workspace: string;
  readonly principalId: string;
  readonly secretHash: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

interface SignInLinkTables {
  sign_in_links: {
    id: string;
    workspace: string;
    principal_id: string;
    secret_hash: string;
    created_at: number;
    expires_at: number;
    used_at: number | null;
  };
}

/** Puts the link in the place of every earlier one of its person. */
export async function replaceLinks(tx: SqlTransaction, link: SignInLink): Promise<void> {
  await tx
    .query<SignInLinkTables>()
    .deleteFrom('sign_in_links')
    .where('principal_id', '=', link.principalId)
    .execute();
  await tx
    .query<SignInLinkTables>()
    .insertInto('sign_in_links')
    .values({
      id: link.id,
      workspace: link.workspace,
      principal_id: link.principalId,
      secret_hash: link.secretHash,
      created_at: link.createdAt,
      expires_at: link.expiresAt,
      used_at: null,
    })
    .execute();
}

/** The unused, unexpired link with this secret. */
export async function findUsableLink(
  sql: SqlReader,
  secretHash: string,
  now: number,
): Promise<SignInLink | undefined> {
  const row = await sql
    .query<SignInLinkTables>()
    .selectFrom('sign_in_links')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    workspace: row.workspace,
    principalId: row.principal_id,
    secretHash: row.secret_hash,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

/** Whether a person has an unused, unexpired link. */
export async function hasUsableLink(sql: SqlReader, principalId: string, now: number): Promise<boolean> {
  const row = await sql
    .query<SignInLinkTables>()
    .selectFrom('sign_in_links')
    .select('id')
    .where('principal_id', '=', principalId)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes the link; false when somebody else has taken it. */
export async function useLink(tx: SqlTransaction, id: string, now: number): Promise<boolean> {
  const result = await tx
    .query<SignInLinkTables>()
    .updateTable('sign_in_links')
    .set({ used_at: now })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
