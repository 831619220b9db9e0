import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { deleteTraceRows } from './traces-deletion.ts';

interface Tables {
  traces: { number: number; workspace: string; experiment_id: string };
}

// A trace may have ten thousands of spans.
const tracesAtOnce = 50;

/** Removes some traces of an experiment that goes for good; false when there were none. */
export async function purgeTraces(
  tx: SqlTransaction,
  workspace: string,
  experiment: { readonly id: string },
): Promise<boolean> {
  const rows = await tx
    .query<Tables>()
    .selectFrom('traces')
    .select('number')
    .where('workspace', '=', workspace)
    .where('experiment_id', '=', experiment.id)
    .limit(tracesAtOnce)
    .execute();
  await deleteTraceRows(
    tx,
    rows.map(({ number }) => number),
  );
  return rows.length > 0;
}
