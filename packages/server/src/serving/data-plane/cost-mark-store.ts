import type { DataPlaneStatus } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface CostMarkTables {
  serving_cost_marks: {
    workspace: string;
    source: string;
    boot: string;
    cpu_seconds: number;
    answered: string;
  };
}

/** Up to where the CPU time of a model server is in the ledger. */
export interface CostMark {
  readonly cpuSeconds: number;
  /** Rows answered by endpoint. */
  readonly answered: Readonly<Record<string, number>>;
}

/** Zero for a start of a model server of which nothing was booked yet. */
export async function findCostMark(
  reader: SqlReader,
  workspace: string,
  { source, boot }: Pick<DataPlaneStatus, 'source' | 'boot'>,
): Promise<CostMark> {
  const row = await reader
    .query<CostMarkTables>()
    .selectFrom('serving_cost_marks')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('source', '=', source)
    .executeTakeFirst();
  if (row === undefined || row.boot !== boot) return { cpuSeconds: 0, answered: {} };
  return { cpuSeconds: row.cpu_seconds, answered: JSON.parse(row.answered) as Record<string, number> };
}

/** Marks all of what a status tells as booked. */
export async function putCostMark(
  tx: SqlTransaction,
  workspace: string,
  status: DataPlaneStatus,
): Promise<void> {
  const { source, boot, cpuSeconds, endpoints } = status;
  const answered = JSON.stringify(
    Object.fromEntries(endpoints.map(({ name, answered }) => [name, answered])),
  );
  const values = { boot, cpu_seconds: cpuSeconds, answered };
  await tx
    .query<CostMarkTables>()
    .insertInto('serving_cost_marks')
    .values({ workspace, source, ...values })
    .onConflict((conflict) => conflict.columns(['workspace', 'source']).doUpdateSet(values))
    .execute();
}
