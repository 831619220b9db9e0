import type { ModelSecret } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface SecretTables {
  model_secrets: {
    workspace: string;
    name: string;
    origin: string;
    sealed: string;
    key_id: string;
    created_by: string;
    created_at: number;
  };
}

export interface StoredModelSecret extends ModelSecret {
  readonly sealed: string;
  readonly keyId: string;
}

/** In the order of their names: at most `limit` of those behind `after`. */
export async function listModelSecrets(
  sql: SqlReader,
  workspace: string,
  page: { readonly after?: string; readonly limit?: number },
): Promise<readonly StoredModelSecret[]> {
  const all = sql
    .query<SecretTables>()
    .selectFrom('model_secrets')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('name');
  const behind = page.after === undefined ? all : all.where('name', '>', page.after);
  const rows = await (page.limit === undefined ? behind : behind.limit(page.limit)).execute();
  return rows.map(({ name, origin, sealed, key_id, created_by, created_at }) => ({
    name,
    origin,
    sealed,
    keyId: key_id,
    createdBy: created_by,
    createdAt: created_at,
  }));
}

export async function saveModelSecret(
  tx: SqlTransaction,
  workspace: string,
  secret: StoredModelSecret,
): Promise<void> {
  const { name, origin, sealed, keyId, createdBy, createdAt } = secret;
  const values = { origin, sealed, key_id: keyId, created_by: createdBy, created_at: createdAt };
  await tx
    .query<SecretTables>()
    .insertInto('model_secrets')
    .values({ workspace, name, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(values))
    .execute();
}

/** Whether there was one. */
export async function deleteModelSecret(
  tx: SqlTransaction,
  workspace: string,
  name: string,
): Promise<boolean> {
  const gone = await tx
    .query<SecretTables>()
    .deleteFrom('model_secrets')
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .returning('name')
    .execute();
  return gone.length > 0;
}
