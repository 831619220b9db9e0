import type { ConnectionPool } from './connection-pool.ts';
import { type PostgresConnection, type ServerLife, serverLifeSql } from './postgres-connection.ts';
import { isConnectionLost, isUnknownTransaction } from './postgres-errors.ts';

type CommitOutcome = 'committed' | 'aborted' | 'unknown';

const maxQuestions = 40;

/**
 * What became of a COMMIT whose answer was lost. The server remembers it by the transaction's id. After a crash it may
 * have given the same id to another transaction, when nothing of the first had reached the disk: `committed` is believed
 * only when the server lived on, or was shut down in order with the id already spent. `aborted` is always true.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT
 */
export async function askCommitOutcome(deps: {
  pool: ConnectionPool;
  transactionId: string;
  /** Of the session that sent the COMMIT. */
  life: ServerLife;
  pause: (failures: number) => Promise<void>;
}): Promise<CommitOutcome> {
  for (let questions = 1; questions <= maxQuestions; questions++) {
    const answer = await askOnce(deps);
    if (answer !== undefined) return answer;
    await deps.pause(questions);
  }
  return 'unknown';
}

/** Undefined when there is no answer yet. */
async function askOnce(deps: {
  pool: ConnectionPool;
  transactionId: string;
  life: ServerLife;
}): Promise<CommitOutcome | undefined> {
  let connection: PostgresConnection | undefined;
  try {
    connection = await deps.pool.take();
    const { rows } = await connection.run(
      `select pg_xact_status($1::text::xid8) as status, ${serverLifeSql}`,
      [deps.transactionId],
    );
    const row = rows[0] as { status: string | null; life: string } | undefined;
    if (row?.status === 'in progress') return undefined;
    if (row?.status === 'aborted') return 'aborted';
    if (row?.status !== 'committed') return 'unknown';
    const life = JSON.parse(row.life) as ServerLife;
    if (livedOn(deps.life, life)) return 'committed';
    return (await wasShutDownBehind(connection, deps.transactionId)) ? 'committed' : 'unknown';
  } catch (error) {
    if (isConnectionLost(error)) return undefined;
    // An id of the future: the server came back without having seen it.
    return isUnknownTransaction(error) ? 'aborted' : 'unknown';
  } finally {
    if (connection !== undefined) deps.pool.give(connection);
  }
}

function livedOn(before: ServerLife, after: ServerLife): boolean {
  if (before.startedAt !== after.startedAt) return false;
  return before.workers.some((worker) => after.workers.includes(worker));
}

/** The server's last checkpoint is that of an orderly shutdown, and the id had been given before it. */
async function wasShutDownBehind(connection: PostgresConnection, transactionId: string): Promise<boolean> {
  const { rows } = await connection.run(
    `select (checkpoint_time < pg_postmaster_start_time()
       and split_part(next_xid, ':', 1)::bigint * 4294967296 + split_part(next_xid, ':', 2)::bigint > $1::text::bigint) as behind
     from pg_control_checkpoint()`,
    [transactionId],
  );
  return rows[0]?.behind === 1;
}
