import type { IdGenerator } from '../kernel/ids.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { ExperimentTables } from './experiment-store.ts';

/**
 * Which state the experiments of a workspace and their tags are in: nothing of them was written while it is the same. Empty
 * where nothing was ever told; what is kept under a state must have been read after it.
 */
export async function experimentRevision(reader: SqlReader, workspace: string): Promise<string> {
  const row = await reader
    .query<ExperimentTables>()
    .selectFrom('experiment_numbers')
    .select('revision')
    .where('workspace', '=', workspace)
    .executeTakeFirst();
  return row?.revision ?? '';
}

/** To be called in each transaction that writes experiments of the workspace or their tags. */
export async function renewExperimentRevision(
  tx: SqlTransaction,
  ids: IdGenerator,
  workspace: string,
): Promise<void> {
  const revision = ids.next('rev');
  await tx
    .query<ExperimentTables>()
    .insertInto('experiment_numbers')
    .values({ workspace, last: 0, revision })
    .onConflict((conflict) => conflict.column('workspace').doUpdateSet({ revision }))
    .execute();
}
