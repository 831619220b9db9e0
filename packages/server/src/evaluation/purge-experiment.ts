import type { SqlTransaction } from '../storage/sql/sql-database.ts';

interface Tables {
  scorers: { id: string; workspace: string; experiment: number };
  scorer_versions: { scorer_id: string };
  evaluation_dataset_experiments: { workspace: string; experiment: number };
}

/** Removes the scorers of an experiment that goes for good, and its links to data sets, which stay. Always false: it is done. */
export async function purgeExperimentScorers(
  tx: SqlTransaction,
  workspace: string,
  experiment: { readonly number: number },
): Promise<boolean> {
  const query = tx.query<Tables>();
  const own = query
    .selectFrom('scorers')
    .select('id')
    .where('workspace', '=', workspace)
    .where('experiment', '=', experiment.number);
  await query.deleteFrom('scorer_versions').where('scorer_id', 'in', own).execute();
  for (const table of ['scorers', 'evaluation_dataset_experiments'] as const)
    await query
      .deleteFrom(table)
      .where('workspace', '=', workspace)
      .where('experiment', '=', experiment.number)
      .execute();
  return false;
}
