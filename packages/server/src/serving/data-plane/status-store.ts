import type { DataPlaneStatus } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface StatusTables {
  data_planes: { workspace: string; source: string; status: string; seen_at: number };
}

export interface SeenDataPlane {
  readonly status: DataPlaneStatus;
  readonly seenAt: number;
}

export async function saveStatus(tx: SqlTransaction, workspace: string, seen: SeenDataPlane): Promise<void> {
  const values = { status: JSON.stringify(seen.status), seen_at: seen.seenAt };
  await tx
    .query<StatusTables>()
    .insertInto('data_planes')
    .values({ workspace, source: seen.status.source, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'source']).doUpdateSet(values))
    .execute();
}

/** Model servers of every workspace heard of since `since`. */
export async function listEveryDataPlane(sql: SqlReader, since: number): Promise<readonly SeenDataPlane[]> {
  const rows = await sql
    .query<StatusTables>()
    .selectFrom('data_planes')
    .select(['status', 'seen_at'])
    .where('seen_at', '>=', since)
    .execute();
  return rows.map((row) => ({ status: JSON.parse(row.status) as DataPlaneStatus, seenAt: row.seen_at }));
}

/** Forgets model servers that were last heard of before a time; what they have answered and sent stays counted. */
export async function forgetDataPlanes(tx: SqlTransaction, before: number): Promise<void> {
  await tx.query<StatusTables>().deleteFrom('data_planes').where('seen_at', '<', before).execute();
}

/** Model servers heard of since `since`, the latest first. */
export async function listDataPlanes(
  sql: SqlReader,
  workspace: string,
  since: number,
): Promise<readonly SeenDataPlane[]> {
  const rows = await sql
    .query<StatusTables>()
    .selectFrom('data_planes')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('seen_at', '>=', since)
    .orderBy('seen_at', 'desc')
    .execute();
  return rows.map((row) => ({ status: JSON.parse(row.status) as DataPlaneStatus, seenAt: row.seen_at }));
}
