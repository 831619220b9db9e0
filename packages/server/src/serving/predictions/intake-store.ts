import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface IntakeTables {
  prediction_sources: { workspace: string; source: string; acknowledged: number };
  prediction_counts: {
    workspace: string;
    endpoint: string;
    source: string;
    boot: string;
    rows: number;
    highest: number;
    answered: number;
    first_at: number;
  };
}

/** How many rows of an endpoint one start of a model server has sent, and the highest number among them. */
export interface SourceCount {
  readonly endpoint: string;
  readonly boot: string;
  readonly rows: number;
  readonly highest: number;
  readonly firstAt: number;
}

export async function findAcknowledged(sql: SqlReader, workspace: string, source: string): Promise<number> {
  const row = await sql
    .query<IntakeTables>()
    .selectFrom('prediction_sources')
    .select('acknowledged')
    .where('workspace', '=', workspace)
    .where('source', '=', source)
    .executeTakeFirst();
  return row?.acknowledged ?? 0;
}

export async function saveAcknowledged(
  tx: SqlTransaction,
  workspace: string,
  source: string,
  acknowledged: number,
): Promise<void> {
  await tx
    .query<IntakeTables>()
    .insertInto('prediction_sources')
    .values({ workspace, source, acknowledged })
    .onConflict((conflict) => conflict.columns(['workspace', 'source']).doUpdateSet({ acknowledged }))
    .execute();
}

export async function addCount(
  tx: SqlTransaction,
  workspace: string,
  source: string,
  count: SourceCount,
): Promise<void> {
  const known = await tx
    .query<IntakeTables>()
    .selectFrom('prediction_counts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', count.endpoint)
    .where('source', '=', source)
    .where('boot', '=', count.boot)
    .executeTakeFirst();
  const values = {
    rows: (known?.rows ?? 0) + count.rows,
    highest: Math.max(known?.highest ?? 0, count.highest),
    first_at: Math.min(known?.first_at ?? count.firstAt, count.firstAt),
  };
  await tx
    .query<IntakeTables>()
    .insertInto('prediction_counts')
    .values({ workspace, endpoint: count.endpoint, source, boot: count.boot, answered: 0, ...values })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'source', 'boot']).doUpdateSet(values),
    )
    .execute();
}

/** What a model server says it has answered, told when nothing was waiting in its spool. */
export async function saveAnswered(
  tx: SqlTransaction,
  workspace: string,
  count: { endpoint: string; source: string; boot: string; answered: number; at: number },
): Promise<void> {
  const { endpoint, source, boot, answered, at } = count;
  await tx
    .query<IntakeTables>()
    .insertInto('prediction_counts')
    .values({ workspace, endpoint, source, boot, rows: 0, highest: 0, answered, first_at: at })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'source', 'boot']).doUpdateSet({ answered }),
    )
    .execute();
}

/**
 * Rows answered against rows kept, over every start of every model server. Answered is the larger of what a server said and
 * the highest number it gave a row: either one alone would miss a way of losing rows.
 */
export async function reconcile(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
): Promise<{ served: number; logged: number; since: number | null }> {
  const rows = await sql
    .query<IntakeTables>()
    .selectFrom('prediction_counts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .execute();
  let served = 0;
  let logged = 0;
  let since: number | null = null;
  for (const row of rows) {
    served += Math.max(row.highest, row.answered);
    logged += row.rows;
    since = Math.min(since ?? row.first_at, row.first_at);
  }
  return { served, logged, since };
}
