import type { SqlReader } from '../../storage/sql/sql-database.ts';
import type { KnownOwner } from '../../tracking/index.ts';

interface Tables {
  traces: { workspace: string; id: string; experiment_id: string };
  experiments: { id: string; number: number; name: string; project: string | null };
}

/** A trace as the owner of files: the spans of old clients, attachments. */
export async function findTraceOwner(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<KnownOwner | undefined> {
  const row = await reader
    .query<Tables>()
    .selectFrom('traces')
    .innerJoin('experiments', 'experiments.id', 'traces.experiment_id')
    .select(['traces.experiment_id', 'experiments.number', 'experiments.name', 'experiments.project'])
    .where('traces.workspace', '=', workspace)
    .where('traces.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    kind: 'trace',
    id,
    experimentId: row.experiment_id,
    deleted: false,
    location: `mlflow-artifacts:/${row.number}/traces/${id}/artifacts`,
    heldAs: [
      { kind: 'experiment', id: row.name },
      ...(row.project === null ? [] : [{ kind: 'project', id: row.project } as const]),
    ],
  };
}
