import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface ExperimentTagTables {
  experiment_tags: { experiment_id: string; name: string; value: string };
}

/** Sets tags; the last value wins. */
export async function setExperimentTags(
  tx: SqlTransaction,
  experimentId: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([name, value]) => ({ experiment_id: experimentId, name, value }));
  if (rows.length === 0) return;
  await tx
    .query<ExperimentTagTables>()
    .insertInto('experiment_tags')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['experiment_id', 'name'])
        .doUpdateSet((row) => ({ value: row.ref('excluded.value') })),
    )
    .execute();
}

/** False when there is no such tag. */
export async function deleteExperimentTag(
  tx: SqlTransaction,
  experimentId: string,
  name: string,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .query<ExperimentTagTables>()
    .deleteFrom('experiment_tags')
    .where('experiment_id', '=', experimentId)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** The tags of experiments, by id; none for those without. */
export async function tagsOfExperiments(
  reader: SqlReader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const byExperiment = new Map<string, Map<string, string>>();
  if (ids.length === 0) return byExperiment;
  const rows = await reader
    .query<ExperimentTagTables>()
    .selectFrom('experiment_tags')
    .selectAll()
    .where(reader.isOneOf('experiment_id', ids))
    .orderBy('experiment_id')
    .orderBy('name')
    .execute();
  for (const { experiment_id, name, value } of rows) {
    const tags = byExperiment.get(experiment_id) ?? new Map<string, string>();
    tags.set(name, value);
    byExperiment.set(experiment_id, tags);
  }
  return byExperiment;
}
