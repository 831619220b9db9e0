import type { RetentionKind } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface PolicyTables {
  retention_policies: {
    workspace: string;
    kind: string;
    project: string;
    days: number | null;
    updated_by: string;
    updated_at: number;
  };
  workspaces: { workspace: string };
}

export interface StoredPolicy {
  readonly kind: RetentionKind;
  /** null: of every project without its own. */
  readonly project: string | null;
  /** null: for ever. */
  readonly days: number | null;
  readonly updatedBy: string;
  readonly updatedAt: number;
}

export async function listPolicies(sql: SqlReader, workspace: string): Promise<readonly StoredPolicy[]> {
  const rows = await sql
    .query<PolicyTables>()
    .selectFrom('retention_policies')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('kind')
    .orderBy('project')
    .execute();
  return rows.map((row) => ({
    kind: row.kind as RetentionKind,
    project: row.project === '' ? null : row.project,
    days: row.days,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
  }));
}

export async function putPolicy(tx: SqlTransaction, workspace: string, policy: StoredPolicy): Promise<void> {
  const { kind, project, days, updatedBy, updatedAt } = policy;
  const values = { days, updated_by: updatedBy, updated_at: updatedAt };
  await tx
    .query<PolicyTables>()
    .insertInto('retention_policies')
    .values({ workspace, kind, project: project ?? '', ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'kind', 'project']).doUpdateSet(values))
    .execute();
}

export async function deletePolicy(
  tx: SqlTransaction,
  workspace: string,
  kind: RetentionKind,
  project: string | null,
): Promise<void> {
  await tx
    .query<PolicyTables>()
    .deleteFrom('retention_policies')
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .where('project', '=', project ?? '')
    .execute();
}

/** Workspaces that have policies, by name. */
export async function listWorkspacesWithPolicies(sql: SqlReader): Promise<readonly string[]> {
  const rows = await sql
    .query<PolicyTables>()
    .selectFrom('retention_policies')
    .select('workspace')
    .distinct()
    .orderBy('workspace')
    .execute();
  return rows.map((row) => row.workspace);
}
