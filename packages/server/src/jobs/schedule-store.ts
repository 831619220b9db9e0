import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface ScheduleTables {
  schedules: { name: string; timing: string; next_at: number; last_at: number | null };
}

/** Puts a schedule on record. One that is known goes on as it was, unless its timing is another now. */
export async function putSchedule(
  tx: SqlTransaction,
  schedule: { name: string; timing: string; nextAt: number },
): Promise<void> {
  const { name, timing, nextAt } = schedule;
  await tx
    .query<ScheduleTables>()
    .insertInto('schedules')
    .values({ name, timing, next_at: nextAt, last_at: null })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ timing, next_at: nextAt })
        .where('schedules.timing', '<>', timing),
    )
    .execute();
}

/** Those of the schedules whose time has come. */
export async function dueSchedules(
  reader: SqlReader,
  names: readonly string[],
  now: number,
): Promise<readonly { name: string; nextAt: number }[]> {
  const rows = await reader
    .query<ScheduleTables>()
    .selectFrom('schedules')
    .select(['name', 'next_at'])
    .where('name', 'in', [...names])
    .where('next_at', '<=', now)
    .execute();
  return rows.map((row) => ({ name: row.name, nextAt: row.next_at }));
}

/** Moves a schedule on from the time it was seen at; false when another process was faster. */
export async function moveSchedule(
  tx: SqlTransaction,
  seen: { name: string; nextAt: number },
  nextAt: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .query<ScheduleTables>()
    .updateTable('schedules')
    .set({ next_at: nextAt, last_at: seen.nextAt })
    .where('name', '=', seen.name)
    .where('next_at', '=', seen.nextAt)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}
