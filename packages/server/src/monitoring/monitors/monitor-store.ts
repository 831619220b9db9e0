import type { NewMonitor } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { StoredMonitor } from './monitor.ts';

interface MonitorTables {
  monitors: {
    workspace: string;
    id: string;
    name: string;
    endpoint: string;
    settings: string;
    revision: number;
    watermark: number | null;
    evaluated_at: number | null;
    problem: string | null;
    created_by: string;
    created_at: number;
    updated_at: number;
  };
}

export async function insertMonitor(tx: SqlTransaction, monitor: StoredMonitor): Promise<void> {
  await tx
    .query<MonitorTables>()
    .insertInto('monitors')
    .values({
      workspace: monitor.workspace,
      id: monitor.id,
      name: monitor.name,
      endpoint: monitor.settings.endpoint,
      settings: JSON.stringify(monitor.settings),
      revision: monitor.revision,
      watermark: null,
      evaluated_at: null,
      problem: null,
      created_by: monitor.createdBy,
      created_at: monitor.createdAt,
      updated_at: monitor.updatedAt,
    })
    .execute();
}

/** Saves new settings. `afresh` forgets how far it has looked: for another endpoint or another grid. */
export async function updateMonitor(
  tx: SqlTransaction,
  monitor: StoredMonitor,
  afresh: boolean,
): Promise<void> {
  await tx
    .query<MonitorTables>()
    .updateTable('monitors')
    .set({
      endpoint: monitor.settings.endpoint,
      settings: JSON.stringify(monitor.settings),
      revision: monitor.revision,
      updated_at: monitor.updatedAt,
      ...(afresh ? { watermark: null, evaluated_at: null } : {}),
    })
    .where('workspace', '=', monitor.workspace)
    .where('name', '=', monitor.name)
    .execute();
}

/** Notes how an evaluation ended. The watermark never goes back. */
export async function noteEvaluation(
  tx: SqlTransaction,
  monitor: Pick<StoredMonitor, 'workspace' | 'name'>,
  noted: { readonly at: number; readonly watermark?: number; readonly problem?: string },
): Promise<void> {
  const found = await findMonitor(tx, monitor.workspace, monitor.name);
  const seen = [found?.watermark, noted.watermark].filter((time) => time !== undefined);
  await tx
    .query<MonitorTables>()
    .updateTable('monitors')
    .set({
      watermark: seen.length > 0 ? Math.max(...seen) : null,
      problem: noted.problem ?? null,
      ...(noted.problem === undefined ? { evaluated_at: noted.at } : {}),
    })
    .where('workspace', '=', monitor.workspace)
    .where('name', '=', monitor.name)
    .execute();
}

export async function findMonitor(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<StoredMonitor | undefined> {
  const row = await monitors(sql, workspace).where('name', '=', name).executeTakeFirst();
  return row && toMonitor(row);
}

/** By name. */
export async function listMonitors(
  sql: SqlReader,
  workspace: string,
  filter: { readonly endpoint?: string | undefined } = {},
): Promise<readonly StoredMonitor[]> {
  let query = monitors(sql, workspace);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  return (await query.orderBy('name').execute()).map(toMonitor);
}

function monitors(sql: SqlReader, workspace: string) {
  return sql.query<MonitorTables>().selectFrom('monitors').selectAll().where('workspace', '=', workspace);
}

function toMonitor(row: MonitorTables['monitors']): StoredMonitor {
  return {
    workspace: row.workspace,
    id: row.id,
    name: row.name,
    settings: JSON.parse(row.settings) as NewMonitor,
    revision: row.revision,
    watermark: row.watermark ?? undefined,
    evaluatedAt: row.evaluated_at ?? undefined,
    problem: row.problem ?? undefined,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
