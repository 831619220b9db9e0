import { type RawBuilder, sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { EntryKeys } from './metric-points.ts';

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

/** For a `select`: the tags of an experiment as the text of a JSON list, in the order of their names. */
export function tagsInOrder(
  reader: SqlReader,
  experimentId: RawBuilder<unknown>,
  keys: Pick<EntryKeys, 'name' | 'value'>,
): RawBuilder<string> {
  return sql`(
    select coalesce(${reader.jsonList({ [keys.name]: 'name', [keys.value]: 'value' })}, '[]')
    from (select name, value from experiment_tags where experiment_id = ${experimentId} order by name) as entries)`;
}

/** The same of one experiment. */
export async function tagsOfExperiment(
  reader: SqlReader,
  id: string,
  keys: Pick<EntryKeys, 'name' | 'value'>,
): Promise<string> {
  const { rows } = await sql<{ tags: string }>`
    select ${tagsInOrder(reader, sql`${id}`, keys)} as tags`.execute(reader.query());
  return rows[0]?.tags ?? '[]';
}
