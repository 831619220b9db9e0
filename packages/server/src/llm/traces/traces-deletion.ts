import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { deleteArtifactsOf } from '../../tracking/index.ts';
import { deleteSpans } from './delete-spans.ts';

interface Tables {
  traces: { number: number; workspace: string; id: string };
  trace_tags: { trace: number };
  trace_metadata: { trace: number };
  trace_assessments: { trace: number };
  trace_runs: { trace: number };
  trace_prompts: { trace: number };
  early_trace_links: { workspace: string; trace_id: string };
}

/** Deletes traces by their numbers, with everything that belongs to them, their files too. */
export async function deleteTraceRows(tx: SqlTransaction, traces: readonly number[]): Promise<void> {
  if (traces.length === 0) return;
  const query = tx.query<Tables>();
  await deleteSpans(tx, traces);
  for (const table of [
    'trace_tags',
    'trace_metadata',
    'trace_assessments',
    'trace_runs',
    'trace_prompts',
  ] as const)
    await query.deleteFrom(table).where('trace', 'in', traces).execute();
  const gone = await query
    .deleteFrom('traces')
    .where('number', 'in', traces)
    .returning(['workspace', 'id'])
    .execute();
  const ids = Map.groupBy(gone, ({ workspace }) => workspace);
  for (const [workspace, rows] of ids) {
    const removed = rows.map(({ id }) => id);
    await query
      .deleteFrom('early_trace_links')
      .where('workspace', '=', workspace)
      .where('trace_id', 'in', removed)
      .execute();
    await deleteArtifactsOf(tx, workspace, 'trace', removed);
  }
}
