import type { MonitorWindow } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface WindowTables {
  monitor_windows: {
    workspace: string;
    monitor_id: string;
    start_at: number;
    end_at: number;
    rows: number;
    labelled_rows: number;
    revision: number;
    inputs_digest: string;
    result: string;
    evaluated_at: number;
  };
}

export async function saveWindow(
  tx: SqlTransaction,
  workspace: string,
  monitorId: string,
  window: MonitorWindow,
): Promise<void> {
  const values = {
    end_at: window.end,
    rows: window.rows,
    labelled_rows: window.labelledRows,
    revision: window.revision,
    inputs_digest: window.inputsDigest,
    result: JSON.stringify(window),
    evaluated_at: window.evaluatedAt,
  };
  await tx
    .query<WindowTables>()
    .insertInto('monitor_windows')
    .values({ workspace, monitor_id: monitorId, start_at: window.start, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'monitor_id', 'start_at']).doUpdateSet(values))
    .execute();
}

/** Newest first, those that lie wholly inside [from, to). */
export async function listWindows(
  sql: SqlReader,
  workspace: string,
  monitorId: string,
  range: { readonly from?: number | undefined; readonly to?: number | undefined; readonly limit: number },
): Promise<readonly MonitorWindow[]> {
  let query = windows(sql, workspace, monitorId);
  if (range.from !== undefined) query = query.where('start_at', '>=', range.from);
  if (range.to !== undefined) query = query.where('end_at', '<=', range.to);
  const rows = await query.select('result').orderBy('start_at', 'desc').limit(range.limit).execute();
  return rows.map(({ result }) => JSON.parse(result) as MonitorWindow);
}

/** What went into the windows that were evaluated, by start. */
export async function inputsOfWindows(
  sql: SqlReader,
  workspace: string,
  monitorId: string,
  range: { readonly from: number; readonly to: number },
): Promise<ReadonlyMap<number, { readonly digest: string; readonly revision: number }>> {
  const rows = await windows(sql, workspace, monitorId)
    .where('start_at', '>=', range.from)
    .where('end_at', '<=', range.to)
    .select(['start_at', 'inputs_digest', 'revision'])
    .execute();
  return new Map(rows.map((row) => [row.start_at, { digest: row.inputs_digest, revision: row.revision }]));
}

function windows(sql: SqlReader, workspace: string, monitorId: string) {
  return sql
    .query<WindowTables>()
    .selectFrom('monitor_windows')
    .where('workspace', '=', workspace)
    .where('monitor_id', '=', monitorId);
}
