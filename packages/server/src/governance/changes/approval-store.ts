import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

/** A decision on one plan of a change. */
export interface StoredApproval {
  readonly changeId: string;
  readonly workspace: string;
  readonly digest: string;
  readonly approver: string;
  /** Who stood behind the approver at that time. */
  readonly people: ReadonlySet<string>;
  readonly decision: 'approved' | 'rejected';
  readonly comment: string;
  readonly at: number;
}

interface ApprovalTables {
  change_approvals: {
    change_id: string;
    workspace: string;
    digest: string;
    approver: string;
    people: string;
    decision: 'approved' | 'rejected';
    comment: string;
    at: number;
  };
}

export async function insertApproval(tx: SqlTransaction, approval: StoredApproval): Promise<void> {
  const { changeId, people, ...rest } = approval;
  await tx
    .query<ApprovalTables>()
    .insertInto('change_approvals')
    .values({ change_id: changeId, people: JSON.stringify([...people].sort()), ...rest })
    .onConflict((conflict) =>
      conflict.columns(['change_id', 'digest', 'approver']).doUpdateSet({
        decision: approval.decision,
        comment: approval.comment,
        at: approval.at,
      }),
    )
    .execute();
}

export async function listApprovals(
  sql: SqlReader,
  workspace: string,
  changeIds: readonly string[],
): Promise<readonly StoredApproval[]> {
  if (changeIds.length === 0) return [];
  const rows = await sql
    .query<ApprovalTables>()
    .selectFrom('change_approvals')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('change_id', 'in', changeIds)
    .orderBy('at')
    .orderBy('approver')
    .execute();
  return rows.map((row) => ({
    changeId: row.change_id,
    workspace: row.workspace,
    digest: row.digest,
    approver: row.approver,
    people: new Set(JSON.parse(row.people) as string[]),
    decision: row.decision,
    comment: row.comment,
    at: row.at,
  }));
}
