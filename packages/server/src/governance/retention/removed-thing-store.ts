import type { HoldSubject, RetentionKind } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface RemovedTables {
  removed_things: {
    id: string;
    workspace: string;
    kind: string;
    retention_kind: string;
    days: number;
    removed_at: number;
  };
  retention_marks: { name: string; at: number };
}

const lastRemoval = 'last-removal';

/** Records that things are gone, and when content was last let go of. */
export async function recordRemoval(
  tx: SqlTransaction,
  workspace: string,
  things: readonly HoldSubject[],
  removal: { readonly kind: RetentionKind; readonly days: number; readonly at: number },
): Promise<void> {
  for (const { kind, id } of things) {
    await tx
      .query<RemovedTables>()
      .insertInto('removed_things')
      .values({
        id,
        workspace,
        kind,
        retention_kind: removal.kind,
        days: removal.days,
        removed_at: removal.at,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
  await tx
    .query<RemovedTables>()
    .insertInto('retention_marks')
    .values({ name: lastRemoval, at: removal.at })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ at: removal.at }))
    .execute();
}

/** When rows that referred to content were last removed; 0 before the first time. */
export async function lastRemovalAt(sql: SqlReader): Promise<number> {
  const row = await sql
    .query<RemovedTables>()
    .selectFrom('retention_marks')
    .select('at')
    .where('name', '=', lastRemoval)
    .executeTakeFirst();
  return row?.at ?? 0;
}

/** Those of the ids whose things have been removed. */
export async function findRemoved(sql: SqlReader, ids: readonly string[]): Promise<readonly string[]> {
  const removed: string[] = [];
  for (let start = 0; start < ids.length; start += 500) {
    const rows = await sql
      .query<RemovedTables>()
      .selectFrom('removed_things')
      .select('id')
      .where('id', 'in', ids.slice(start, start + 500))
      .execute();
    removed.push(...rows.map((row) => row.id));
  }
  return removed;
}
