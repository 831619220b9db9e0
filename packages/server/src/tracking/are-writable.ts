import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { SqlReader } from '../storage/sql/sql-database.ts';

/**
 * For a `where`: all runs, of which there is one at least, are in the workspaces that write of them, and neither they nor their
 * experiments are deleted.
 */
export function areWritable(
  reader: SqlReader,
  runs: readonly { readonly workspace: string; readonly runId: string }[],
): RawBuilder<SqlBool> {
  const idsOf = new Map<string, Set<string>>();
  for (const { workspace, runId } of runs)
    idsOf.set(workspace, (idsOf.get(workspace) ?? new Set<string>()).add(runId));
  // Found by their ids alone: with the workspace in the `where` SQLite would go through all runs of it.
  const ofEach = [...idsOf].map(
    ([workspace, ids]) => sql<SqlBool>`(
      select count(case when runs.workspace = ${workspace}
        and runs.deleted_at is null and experiments.deleted_at is null then 1 end)
      from runs inner join experiments on experiments.id = runs.experiment_id
      where ${reader.isOneOf('runs.id', [...ids])}) = ${ids.size}`,
  );
  return sql`${sql.join(ofEach, sql` and `)}`;
}
