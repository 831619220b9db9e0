import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

/** A waiver as stored; `expired` is not stored, it follows from `expires_at`. */
export interface WaiverRow {
  id: string;
  workspace: string;
  rule: string;
  project: string;
  endpoint: string;
  model_version_id: string | null;
  reason: string;
  state: 'requested' | 'approved' | 'rejected' | 'revoked';
  requested_by: string;
  requested_at: number;
  decided_by: string | null;
  decided_at: number | null;
  comment: string;
  expires_at: number;
}

interface WaiverTables {
  waivers: WaiverRow;
}

export async function insertWaiver(tx: SqlTransaction, row: WaiverRow): Promise<void> {
  await tx.query<WaiverTables>().insertInto('waivers').values(row).execute();
}

export async function findWaiver(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<WaiverRow | undefined> {
  return await sql
    .query<WaiverTables>()
    .selectFrom('waivers')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function decideWaiver(tx: SqlTransaction, row: WaiverRow): Promise<void> {
  const { state, decided_by, decided_at, comment } = row;
  await tx
    .query<WaiverTables>()
    .updateTable('waivers')
    .set({ state, decided_by, decided_at, comment })
    .where('workspace', '=', row.workspace)
    .where('id', '=', row.id)
    .execute();
}

export async function listWaivers(
  sql: SqlReader,
  workspace: string,
  project: string | undefined,
): Promise<readonly WaiverRow[]> {
  let query = sql.query<WaiverTables>().selectFrom('waivers').selectAll().where('workspace', '=', workspace);
  if (project !== undefined) query = query.where('project', '=', project);
  return await query.orderBy('id', 'desc').limit(1000).execute();
}

/** Approved waivers of an endpoint that have not run out. */
export async function waiversInForce(
  sql: SqlReader,
  workspace: string,
  subject: { project: string; endpoint: string },
  now: number,
): Promise<readonly WaiverRow[]> {
  return await sql
    .query<WaiverTables>()
    .selectFrom('waivers')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', subject.endpoint)
    .where('project', '=', subject.project)
    .where('state', '=', 'approved')
    .where('expires_at', '>', now)
    .orderBy('id')
    .execute();
}
