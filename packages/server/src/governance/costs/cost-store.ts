import type { CostKind } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface CostTables {
  cost_records: {
    id: string;
    workspace: string;
    kind: CostKind;
    project: string | null;
    subject_kind: string;
    subject_id: string;
    cpu_seconds: number;
    bytes: number;
    amount: number;
    day: string;
    actor: string;
    at: number;
  };
  cost_allowances: {
    change_id: string;
    workspace: string;
    project: string;
    day: string;
    amount: number;
    at: number;
  };
}

export type CostRow = CostTables['cost_records'];

export interface CostFilter {
  readonly project?: string | undefined;
  /** Inclusive, ms. */
  readonly from?: number | undefined;
  /** Exclusive, ms. */
  readonly to?: number | undefined;
}

export async function insertCost(tx: SqlTransaction, row: CostRow): Promise<void> {
  await tx.query<CostTables>().insertInto('cost_records').values(row).execute();
}

/** Sums per kind, project and day; few rows, whatever the number of records. */
export async function sumCosts(sql: SqlReader, workspace: string, filter: CostFilter) {
  let query = sql
    .query<CostTables>()
    .selectFrom('cost_records')
    .select(({ fn }) => [
      'kind',
      'project',
      'day',
      fn.sum<number>('cpu_seconds').as('cpuSeconds'),
      fn.sum<number>('bytes').as('bytes'),
      fn.sum<number>('amount').as('amount'),
    ])
    .where('workspace', '=', workspace);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('at', '<', filter.to);
  return await query.groupBy(['kind', 'project', 'day']).orderBy('day').execute();
}

export async function listCosts(
  sql: SqlReader,
  workspace: string,
  filter: CostFilter & { limit: number },
): Promise<readonly CostRow[]> {
  let query = sql
    .query<CostTables>()
    .selectFrom('cost_records')
    .selectAll()
    .where('workspace', '=', workspace);
  if (filter.project !== undefined) query = query.where('project', '=', filter.project);
  return await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(filter.limit).execute();
}

/** Costs of making models, in order: what consent to spending is about. */
export async function trainingCosts(
  sql: SqlReader,
  workspace: string,
  project: string,
  from: number,
): Promise<readonly { at: number; amount: number }[]> {
  return await sql
    .query<CostTables>()
    .selectFrom('cost_records')
    .select(['at', 'amount'])
    .where('workspace', '=', workspace)
    .where('project', '=', project)
    .where('kind', 'in', ['training', 'tuning', 'pipeline'])
    .where('at', '>=', from)
    .orderBy('at')
    .orderBy('id')
    .execute();
}

export async function allowancesFrom(
  sql: SqlReader,
  workspace: string,
  project: string,
  firstDay: string,
): Promise<readonly { day: string; at: number; amount: number }[]> {
  return await sql
    .query<CostTables>()
    .selectFrom('cost_allowances')
    .select(['day', 'at', 'amount'])
    .where('workspace', '=', workspace)
    .where('project', '=', project)
    .where('day', '>=', firstDay)
    .execute();
}

/** Records the allowance of a change once. */
export async function insertAllowance(tx: SqlTransaction, row: CostTables['cost_allowances']): Promise<void> {
  await tx
    .query<CostTables>()
    .insertInto('cost_allowances')
    .values(row)
    .onConflict((conflict) => conflict.column('change_id').doNothing())
    .execute();
}

export async function findAllowance(
  sql: SqlReader,
  workspace: string,
  changeId: string,
): Promise<{ day: string; amount: number } | undefined> {
  return await sql
    .query<CostTables>()
    .selectFrom('cost_allowances')
    .select(['day', 'amount'])
    .where('workspace', '=', workspace)
    .where('change_id', '=', changeId)
    .executeTakeFirst();
}

export async function deleteAllowance(
  tx: SqlTransaction,
  workspace: string,
  changeId: string,
): Promise<void> {
  await tx
    .query<CostTables>()
    .deleteFrom('cost_allowances')
    .where('workspace', '=', workspace)
    .where('change_id', '=', changeId)
    .execute();
}
