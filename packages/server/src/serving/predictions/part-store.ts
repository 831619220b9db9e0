import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface PartTables {
  prediction_parts: {
    workspace: string;
    id: string;
    endpoint: string;
    hour: number;
    digest: string;
    rows: number;
    bytes: number;
    time_min: number;
    time_max: number;
    created_at: number;
    retired_at: number | null;
  };
}

/** A Parquet file of the log: rows of one endpoint and one hour of server time. */
export interface PredictionPart {
  readonly id: string;
  readonly endpoint: string;
  /** Start of the hour, ms. */
  readonly hour: number;
  readonly digest: string;
  readonly rows: number;
  readonly bytes: number;
  /** Bounds of `time`, both inclusive. */
  readonly timeMin: number;
  readonly timeMax: number;
  readonly createdAt: number;
}

export async function insertPart(tx: SqlTransaction, workspace: string, part: PredictionPart): Promise<void> {
  await tx
    .query<PartTables>()
    .insertInto('prediction_parts')
    .values({
      workspace,
      id: part.id,
      endpoint: part.endpoint,
      hour: part.hour,
      digest: part.digest,
      rows: part.rows,
      bytes: part.bytes,
      time_min: part.timeMin,
      time_max: part.timeMax,
      created_at: part.createdAt,
      retired_at: null,
    })
    .execute();
}

/** Parts that hold rows of the time asked for, oldest first. */
export async function findParts(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  range: { from: number; to: number; since: number },
): Promise<readonly PredictionPart[]> {
  const rows = await current(sql, workspace, endpoint)
    .where('time_max', '>=', range.from)
    .where('time_min', '<', range.to)
    .where('hour', '>', range.since - 3_600_000)
    .orderBy('hour')
    .orderBy('id')
    .execute();
  return rows.map(toPart);
}

export async function findPartsOfHour(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  hour: number,
): Promise<readonly PredictionPart[]> {
  return (await current(sql, workspace, endpoint).where('hour', '=', hour).orderBy('id').execute()).map(
    toPart,
  );
}

/** Readers may still have the old files open, so they are only marked. */
export async function retireParts(
  tx: SqlTransaction,
  workspace: string,
  ids: readonly string[],
  at: number,
): Promise<void> {
  await tx
    .query<PartTables>()
    .updateTable('prediction_parts')
    .set({ retired_at: at })
    .where('workspace', '=', workspace)
    .where(tx.isOneOf('id', ids))
    .execute();
}

/** Forgets parts that were replaced before `before`. */
export async function forgetRetired(
  tx: SqlTransaction,
  workspace: string,
  endpoint: string,
  before: number,
): Promise<void> {
  await tx
    .query<PartTables>()
    .deleteFrom('prediction_parts')
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('retired_at', '<', before)
    .execute();
}

function current(sql: SqlReader, workspace: string, endpoint: string) {
  return sql
    .query<PartTables>()
    .selectFrom('prediction_parts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('retired_at', 'is', null);
}

function toPart(row: PartTables['prediction_parts']): PredictionPart {
  return {
    id: row.id,
    endpoint: row.endpoint,
    hour: row.hour,
    digest: row.digest,
    rows: row.rows,
    bytes: row.bytes,
    timeMin: row.time_min,
    timeMax: row.time_max,
    createdAt: row.created_at,
  };
}
