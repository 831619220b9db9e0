import type { ChangePlan, ChangeState, JsonValue, VerificationCheck } from '@esteira/contracts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { endStates, statesInProgress } from './change-state.ts';

/** A change as kept. */
export interface StoredChange {
  readonly id: string;
  readonly workspace: string;
  readonly kind: string;
  readonly subject: JsonValue;
  readonly state: ChangeState;
  readonly digest: string;
  readonly plan: ChangePlan;
  readonly authors: readonly string[];
  readonly target: string | null;
  readonly requester: string;
  readonly requestedAt: number;
  readonly updatedAt: number;
  readonly expiresAt: number;
  readonly jobId: string | null;
  readonly cancelRequested: boolean;
  readonly verification: readonly VerificationCheck[];
  readonly rollBack: JsonValue;
  readonly reason: string;
}

interface ChangeTables {
  changes: {
    id: string;
    workspace: string;
    kind: string;
    subject: string;
    state: ChangeState;
    digest: string;
    plan: string;
    authors: string;
    target: string | null;
    requester: string;
    requested_at: number;
    updated_at: number;
    expires_at: number;
    job_id: string | null;
    cancel_requested: number;
    verification: string;
    roll_back: string;
    reason: string;
  };
  change_history: {
    id: string;
    change_id: string;
    workspace: string;
    position: number;
    from_state: ChangeState | null;
    to_state: ChangeState;
    actor: string;
    at: number;
  };
}

export async function insertChange(tx: SqlTransaction, change: StoredChange): Promise<void> {
  await tx.query<ChangeTables>().insertInto('changes').values(toRow(change)).execute();
}

export async function updateChange(tx: SqlTransaction, change: StoredChange): Promise<void> {
  const { id, workspace, ...columns } = toRow(change);
  await tx
    .query<ChangeTables>()
    .updateTable('changes')
    .set(columns)
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

export async function findChange(
  sql: SqlReader,
  workspace: string,
  id: string,
): Promise<StoredChange | undefined> {
  const row = await sql
    .query<ChangeTables>()
    .selectFrom('changes')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && fromRow(row);
}

/** Newest first; `before` is the id of the last change of the page before. */
export async function listChanges(
  sql: SqlReader,
  workspace: string,
  filter: {
    state?: ChangeState | undefined;
    kind?: string | undefined;
    before?: string | undefined;
    limit: number;
  },
): Promise<readonly StoredChange[]> {
  let query = sql.query<ChangeTables>().selectFrom('changes').selectAll().where('workspace', '=', workspace);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  const rows = await newestFirst(query, filter).execute();
  return rows.map(fromRow);
}

/** Changes of a kind that have not come to an end, newest first. */
export async function listOpenChanges(
  sql: SqlReader,
  workspace: string,
  kind: string,
): Promise<readonly StoredChange[]> {
  const rows = await sql
    .query<ChangeTables>()
    .selectFrom('changes')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .where('state', 'not in', [...endStates])
    .orderBy('id', 'desc')
    .execute();
  return rows.map(fromRow);
}

/** Another change that is at work on the target. */
export async function findChangeAtWork(
  sql: SqlReader,
  workspace: string,
  target: string,
  except: string,
): Promise<StoredChange | undefined> {
  const row = await sql
    .query<ChangeTables>()
    .selectFrom('changes')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('target', '=', target)
    .where('state', 'in', statesInProgress)
    .where('id', '!=', except)
    .limit(1)
    .executeTakeFirst();
  return row && fromRow(row);
}

export async function insertHistory(
  tx: SqlTransaction,
  entry: { id: string; change: StoredChange; from: ChangeState | null; actor: string; at: number },
): Promise<void> {
  const { id, change, from, actor, at } = entry;
  const last = await tx
    .query<ChangeTables>()
    .selectFrom('change_history')
    .select(({ fn }) => fn.max('position').as('position'))
    .where('change_id', '=', change.id)
    .executeTakeFirst();
  await tx
    .query<ChangeTables>()
    .insertInto('change_history')
    .values({
      id,
      change_id: change.id,
      workspace: change.workspace,
      position: (last?.position ?? 0) + 1,
      from_state: from,
      to_state: change.state,
      actor,
      at,
    })
    .execute();
}

export async function listHistory(sql: SqlReader, workspace: string, changeId: string) {
  return await sql
    .query<ChangeTables>()
    .selectFrom('change_history')
    .select(['from_state', 'to_state', 'actor', 'at'])
    .where('workspace', '=', workspace)
    .where('change_id', '=', changeId)
    .orderBy('position')
    .execute();
}

function toRow(change: StoredChange): ChangeTables['changes'] {
  return {
    id: change.id,
    workspace: change.workspace,
    kind: change.kind,
    subject: JSON.stringify(change.subject),
    state: change.state,
    digest: change.digest,
    plan: JSON.stringify(change.plan),
    authors: JSON.stringify(change.authors),
    target: change.target,
    requester: change.requester,
    requested_at: change.requestedAt,
    updated_at: change.updatedAt,
    expires_at: change.expiresAt,
    job_id: change.jobId,
    cancel_requested: change.cancelRequested ? 1 : 0,
    verification: JSON.stringify(change.verification),
    roll_back: JSON.stringify(change.rollBack),
    reason: change.reason,
  };
}

function fromRow(row: ChangeTables['changes']): StoredChange {
  return {
    id: row.id,
    workspace: row.workspace,
    kind: row.kind,
    subject: JSON.parse(row.subject) as JsonValue,
    state: row.state,
    digest: row.digest,
    plan: JSON.parse(row.plan) as ChangePlan,
    authors: JSON.parse(row.authors) as string[],
    target: row.target,
    requester: row.requester,
    requestedAt: row.requested_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    jobId: row.job_id,
    cancelRequested: row.cancel_requested === 1,
    verification: JSON.parse(row.verification) as VerificationCheck[],
    rollBack: JSON.parse(row.roll_back) as JsonValue,
    reason: row.reason,
  };
}
