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

/** Newest first. */
export async function listAllowedPickles(
  sql: SqlReader,
  workspace: string,
): Promise<readonly AllowedPickle[]> {
  const rows = await sql
    .query<PickleTables>()
    .selectFrom('allowed_pickles')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('allowed_at', 'desc')
    .orderBy('digest')
    .execute();
  return rows.map(({ digest, reason, allowed_by, allowed_at }) => ({
    digest,
    reason,
    allowedBy: allowed_by,
    allowedAt: allowed_at,
  }));
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
