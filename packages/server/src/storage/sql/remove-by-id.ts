import type { SqlTransaction } from './sql-database.ts';

/** A function that removes rows of a table by their ids, in one workspace. */
export function removeById(table: string) {
  return async (tx: SqlTransaction, workspace: string, ids: readonly string[]): Promise<void> => {
    await tx
      .query<Record<string, { workspace: string; id: string }>>()
      .deleteFrom(table)
      .where('workspace', '=', workspace)
      .where('id', 'in', ids)
      .execute();
  };
}
