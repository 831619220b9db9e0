import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Session } from './session.ts';

interface SessionTables {
  sessions: {
    id: string;
    workspace: string;
    principal_id: string;
    secret_hash: string;
    created_at: number;
    last_seen_at: number;
  };
}

export async function insertSession(tx: SqlTransaction, session: Session): Promise<void> {
  await tx
    .query<SessionTables>()
    .insertInto('sessions')
    .values({
      id: session.id,
      workspace: session.workspace,
      principal_id: session.principalId,
      secret_hash: session.secretHash,
      created_at: session.createdAt,
      last_seen_at: session.lastSeenAt,
    })
    .execute();
}

export async function findSession(sql: SqlReader, secretHash: string): Promise<Session | undefined> {
  const row = await sql
    .query<SessionTables>()
    .selectFrom('sessions')
    .selectAll()
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    id: row.id,
    workspace: row.workspace,
    principalId: row.principal_id,
    secretHash: row.secret_hash,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}

export async function touchSession(tx: SqlTransaction, id: string, now: number): Promise<void> {
  await tx
    .query<SessionTables>()
    .updateTable('sessions')
    .set({ last_seen_at: now })
    .where('id', '=', id)
    .execute();
}

export async function deleteSession(tx: SqlTransaction, id: string): Promise<void> {
  await tx.query<SessionTables>().deleteFrom('sessions').where('id', '=', id).execute();
}

export async function deleteSessionsOf(tx: SqlTransaction, principalId: string): Promise<void> {
  await tx.query<SessionTables>().deleteFrom('sessions').where('principal_id', '=', principalId).execute();
}

/** Forgets sessions that began before a time: they are over whatever has happened since. */
export async function deleteSessionsBegunBefore(tx: SqlTransaction, time: number): Promise<void> {
  await tx.query<SessionTables>().deleteFrom('sessions').where('created_at', '<', time).execute();
}
