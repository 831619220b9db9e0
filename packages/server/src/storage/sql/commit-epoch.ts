import type { SqlTransaction } from './sql-database.ts';

interface EpochTables {
  commit_epochs: { base: number };
}

/**
 * Makes every position to come greater than `highest`. Called when rows with positions were brought in from another
 * database: an engine that counts positions by its own transactions begins anew there.
 */
export async function beginCommitEpoch(tx: SqlTransaction, highest: number): Promise<void> {
  await tx
    .query<EpochTables>()
    .insertInto('commit_epochs')
    .values({ base: highest + 1 })
    .onConflict((conflict) => conflict.column('base').doNothing())
    .execute();
}
