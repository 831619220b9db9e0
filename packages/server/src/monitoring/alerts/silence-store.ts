import type { AlertSignal, Silence } from '@esteira/contracts';
import type { z } from 'zod';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

export type StoredSilence = z.output<typeof Silence>;

interface SilenceTables {
  silences: {
    workspace: string;
    id: string;
    monitor: string | null;
    signal: string | null;
    reason: string;
    owner: string;
    starts_at: number;
    ends_at: number | null;
  };
}

export async function insertSilence(
  tx: SqlTransaction,
  workspace: string,
  silence: StoredSilence,
): Promise<void> {
  await tx
    .query<SilenceTables>()
    .insertInto('silences')
    .values({
      workspace,
      id: silence.id,
      monitor: silence.monitor,
      signal: silence.signal,
      reason: silence.reason,
      owner: silence.owner,
      starts_at: silence.startsAt,
      ends_at: silence.endsAt,
    })
    .execute();
}

export async function endSilence(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  at: number,
): Promise<void> {
  await tx
    .query<SilenceTables>()
    .updateTable('silences')
    .set({ ends_at: at })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

/** Silences that have not ended, those to come too. */
export async function listSilences(
  sql: SqlReader,
  workspace: string,
  now: number,
): Promise<readonly StoredSilence[]> {
  const rows = await sql
    .query<SilenceTables>()
    .selectFrom('silences')
    .selectAll()
    .where('workspace', '=', workspace)
    .where(({ or, eb }) => or([eb('ends_at', 'is', null), eb('ends_at', '>', now)]))
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    monitor: row.monitor,
    signal: row.signal as AlertSignal | null,
    reason: row.reason,
    owner: row.owner,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
  }));
}
