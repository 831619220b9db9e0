import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface CallerTables {
  endpoint_callers: { workspace: string; endpoint: string; day: string; caller: string };
}

/** Keeps who asked an endpoint on a day; whoever is known stays. */
export async function addCallers(
  tx: SqlTransaction,
  workspace: string,
  endpoint: string,
  callers: readonly { day: string; caller: string }[],
): Promise<void> {
  for (let first = 0; first < callers.length; first += 200) {
    await tx
      .query<CallerTables>()
      .insertInto('endpoint_callers')
      .values(callers.slice(first, first + 200).map((caller) => ({ workspace, endpoint, ...caller })))
      .onConflict((conflict) => conflict.columns(['workspace', 'endpoint', 'day', 'caller']).doNothing())
      .execute();
  }
}

/** Distinct callers of the days from one on, newest first. */
export async function countCallers(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  from: string,
): Promise<readonly { day: string; callers: number }[]> {
  const rows = await sql
    .query<CallerTables>()
    .selectFrom('endpoint_callers')
    .select(({ fn }) => ['day', fn.countAll<number>().as('callers')])
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('day', '>=', from)
    .groupBy('day')
    .orderBy('day', 'desc')
    .execute();
  return rows.map(({ day, callers }) => ({ day, callers: Number(callers) }));
}

/** Forgets days that no judgement looks at any more. */
export async function forgetCallers(tx: SqlTransaction, before: string): Promise<void> {
  await tx.query<CallerTables>().deleteFrom('endpoint_callers').where('day', '<', before).execute();
}
