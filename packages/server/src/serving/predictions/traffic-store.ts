import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface TrafficTables {
  prediction_traffic: {
    workspace: string;
    endpoint: string;
    minute: number;
    arm: string;
    predictor: string;
    status: string;
    rows: number;
    latency: string;
  };
}

/** Rows of one minute, arm, predictor and status; latencies in the buckets of `latencyBucket`. */
export interface TrafficCount {
  readonly endpoint: string;
  /** Start of the minute, ms. */
  readonly minute: number;
  readonly arm: string;
  /** Model version id, `rule`, or empty where nothing answered. */
  readonly predictor: string;
  readonly status: string;
  readonly rows: number;
  readonly latency: Readonly<Record<string, number>>;
}

export async function addTraffic(tx: SqlTransaction, workspace: string, count: TrafficCount): Promise<void> {
  const { endpoint, minute, arm, predictor, status } = count;
  const known = await tx
    .query<TrafficTables>()
    .selectFrom('prediction_traffic')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('minute', '=', minute)
    .where('arm', '=', arm)
    .where('predictor', '=', predictor)
    .where('status', '=', status)
    .executeTakeFirst();
  const latency: Record<string, number> = { ...(known === undefined ? {} : parseLatency(known.latency)) };
  for (const [bucket, rows] of Object.entries(count.latency)) latency[bucket] = (latency[bucket] ?? 0) + rows;
  const values = { rows: (known?.rows ?? 0) + count.rows, latency: JSON.stringify(latency) };
  await tx
    .query<TrafficTables>()
    .insertInto('prediction_traffic')
    .values({ workspace, endpoint, minute, arm, predictor, status, ...values })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'minute', 'arm', 'predictor', 'status']).doUpdateSet(values),
    )
    .execute();
}

/** Rows answered to callers in the minutes of [from, to); copies for a comparison are left out. */
export async function countAnsweredRows(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  range: { from: number; to: number },
): Promise<number> {
  const row = await sql
    .query<TrafficTables>()
    .selectFrom('prediction_traffic')
    .select(({ fn }) => fn.sum<number | null>('rows').as('rows'))
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('arm', '<>', 'shadow')
    .where('minute', '>=', range.from)
    .where('minute', '<', range.to)
    .executeTakeFirst();
  return Number(row?.rows ?? 0);
}

/** Counts of the minutes in [from, to), oldest first. */
export async function listTraffic(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  range: { from: number; to: number },
): Promise<readonly TrafficCount[]> {
  const rows = await sql
    .query<TrafficTables>()
    .selectFrom('prediction_traffic')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('minute', '>=', range.from)
    .where('minute', '<', range.to)
    .orderBy('minute')
    .execute();
  return rows.map((row) => ({
    endpoint: row.endpoint,
    minute: row.minute,
    arm: row.arm,
    predictor: row.predictor,
    status: row.status,
    rows: row.rows,
    latency: parseLatency(row.latency),
  }));
}

function parseLatency(text: string): Record<string, number> {
  return JSON.parse(text) as Record<string, number>;
}
