import type { AlertRoute } from '@esteira/contracts';
import type { z } from 'zod';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

export type StoredAlertRoute = z.output<typeof AlertRoute>;

interface AlertRouteTables {
  alert_routes: {
    workspace: string;
    name: string;
    kind: string;
    acknowledged_test_at: number | null;
    created_by: string;
    created_at: number;
  };
}

export async function saveAlertRoute(
  tx: SqlTransaction,
  workspace: string,
  route: StoredAlertRoute,
): Promise<void> {
  const changing = { kind: route.kind, acknowledged_test_at: route.acknowledgedTestAt };
  await tx
    .query<AlertRouteTables>()
    .insertInto('alert_routes')
    .values({
      workspace,
      name: route.name,
      ...changing,
      created_by: route.createdBy,
      created_at: route.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(changing))
    .execute();
}

export async function findAlertRoute(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<StoredAlertRoute | undefined> {
  const row = await routes(sql, workspace).where('name', '=', name).executeTakeFirst();
  return row && toRoute(row);
}

/** By name. */
export async function listAlertRoutes(
  sql: SqlReader,
  workspace: string,
): Promise<readonly StoredAlertRoute[]> {
  return (await routes(sql, workspace).orderBy('name').execute()).map(toRoute);
}

function routes(sql: SqlReader, workspace: string) {
  return sql
    .query<AlertRouteTables>()
    .selectFrom('alert_routes')
    .selectAll()
    .where('workspace', '=', workspace);
}

function toRoute(row: AlertRouteTables['alert_routes']): StoredAlertRoute {
  return {
    name: row.name,
    kind: row.kind as StoredAlertRoute['kind'],
    acknowledgedTestAt: row.acknowledged_test_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
