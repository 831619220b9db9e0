import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface ProtectionTables {
  protected_labels: { workspace: string; patterns: string; updated_by: string; updated_at: number };
}

/** Patterns of the labels that a workspace protects; none unless it says so. */
export async function findProtectedLabels(sql: SqlReader, workspace: string): Promise<readonly string[]> {
  const row = await sql
    .query<ProtectionTables>()
    .selectFrom('protected_labels')
    .select('patterns')
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row === undefined ? [] : (JSON.parse(row.patterns) as string[]);
}

export async function putProtectedLabels(
  tx: SqlTransaction,
  workspace: string,
  protection: { patterns: readonly string[]; updatedBy: string; updatedAt: number },
): Promise<void> {
  const row = {
    patterns: JSON.stringify(protection.patterns),
    updated_by: protection.updatedBy,
    updated_at: protection.updatedAt,
  };
  await tx
    .query<ProtectionTables>()
    .insertInto('protected_labels')
    .values({ workspace, ...row })
    .onConflict((conflict) => conflict.column('workspace').doUpdateSet(row))
    .execute();
}
