import type { AllowedPickle } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface PickleTables {
  allowed_pickles: {
    workspace: string;
    digest: string;
    reason: string;
    allowed_by: string;
    allowed_at: number;
  };
}

/** In the order of their digests: at most `limit` of those behind `after`. */
export async function listAllowedPickles(
  sql: SqlReader,
  workspace: string,
  page: { readonly after?: string; readonly limit: number },
): Promise<readonly AllowedPickle[]> {
  const all = sql
    .query<PickleTables>()
    .selectFrom('allowed_pickles')
    .selectAll()
    .where('workspace', '=', workspace);
  const behind = page.after === undefined ? all : all.where('digest', '>', page.after);
  const rows = await behind.orderBy('digest').limit(page.limit).execute();
  return rows.map(({ digest, reason, allowed_by, allowed_at }) => ({
    digest,
    reason,
    allowedBy: allowed_by,
    allowedAt: allowed_at,
  }));
}

/** Those of the digests that may be loaded. */
export async function findAllowedPickles(
  sql: SqlReader,
  workspace: string,
  digests: readonly string[],
): Promise<ReadonlySet<string>> {
  if (digests.length === 0) return new Set();
  const rows = await sql
    .query<PickleTables>()
    .selectFrom('allowed_pickles')
    .select('digest')
    .where('workspace', '=', workspace)
    .where('digest', 'in', digests)
    .execute();
  return new Set(rows.map(({ digest }) => digest));
}

/** A digest that is allowed already stays allowed for the first reason. */
export async function insertAllowedPickle(
  tx: SqlTransaction,
  workspace: string,
  pickle: AllowedPickle,
): Promise<void> {
  await tx
    .query<PickleTables>()
    .insertInto('allowed_pickles')
    .values({
      workspace,
      digest: pickle.digest,
      reason: pickle.reason,
      allowed_by: pickle.allowedBy,
      allowed_at: pickle.allowedAt,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'digest']).doNothing())
    .execute();
}

export async function deleteAllowedPickle(
  tx: SqlTransaction,
  workspace: string,
  digest: string,
): Promise<void> {
  await tx
    .query<PickleTables>()
    .deleteFrom('allowed_pickles')
    .where('workspace', '=', workspace)
    .where('digest', '=', digest)
    .execute();
}
