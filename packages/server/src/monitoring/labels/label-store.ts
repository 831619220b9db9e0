import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface LabelTables {
  label_parts: {
    workspace: string;
    id: string;
    endpoint: string;
    digest: string;
    rows: number;
    unknown: number;
    time_min: number | null;
    time_max: number | null;
    created_at: number;
    retired_at: number | null;
  };
  label_batches: {
    workspace: string;
    id: string;
    endpoint: string;
    received_at: number;
    stored: number;
    corrected: number;
  };
}

/** A Parquet file of labels. */
export interface LabelPart {
  readonly id: string;
  readonly endpoint: string;
  readonly digest: string;
  readonly rows: number;
  /** Rows whose prediction had not been logged when the part was written. */
  readonly unknown: number;
  /** Bounds of the predictions' times, both inclusive; null when none was known. */
  readonly timeMin: number | null;
  readonly timeMax: number | null;
  readonly createdAt: number;
}

export async function insertLabelPart(tx: SqlTransaction, workspace: string, part: LabelPart): Promise<void> {
  await tx
    .query<LabelTables>()
    .insertInto('label_parts')
    .values({
      workspace,
      id: part.id,
      endpoint: part.endpoint,
      digest: part.digest,
      rows: part.rows,
      unknown: part.unknown,
      time_min: part.timeMin,
      time_max: part.timeMax,
      created_at: part.createdAt,
      retired_at: null,
    })
    .execute();
}

/**
 * Parts that may hold labels of predictions in [from, to), oldest first: those with unknown predictions always may.
 */
export async function findLabelParts(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  range?: { readonly from: number; readonly to: number },
): Promise<readonly LabelPart[]> {
  let query = sql
    .query<LabelTables>()
    .selectFrom('label_parts')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('retired_at', 'is', null);
  if (range) {
    query = query.where(({ or, and, eb }) =>
      or([eb('unknown', '>', 0), and([eb('time_max', '>=', range.from), eb('time_min', '<', range.to)])]),
    );
  }
  const rows = await query.orderBy('id').execute();
  return rows.map((row) => ({
    id: row.id,
    endpoint: row.endpoint,
    digest: row.digest,
    rows: row.rows,
    unknown: row.unknown,
    timeMin: row.time_min,
    timeMax: row.time_max,
    createdAt: row.created_at,
  }));
}

/** The earliest prediction that got a label since a time; undefined when none did. */
export async function earliestLabelledSince(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  since: number,
): Promise<number | undefined> {
  const row = await sql
    .query<LabelTables>()
    .selectFrom('label_parts')
    .select(({ fn }) => fn.min('time_min').as('earliest'))
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('created_at', '>=', since)
    .executeTakeFirst();
  return row?.earliest ?? undefined;
}

/** Readers may still have the old files open, so they are only marked. */
export async function retireLabelParts(
  tx: SqlTransaction,
  workspace: string,
  ids: readonly string[],
  at: number,
): Promise<void> {
  await tx
    .query<LabelTables>()
    .updateTable('label_parts')
    .set({ retired_at: at })
    .where('workspace', '=', workspace)
    .where('id', 'in', [...ids])
    .execute();
}

export async function insertLabelBatch(
  tx: SqlTransaction,
  workspace: string,
  batch: {
    readonly id: string;
    readonly endpoint: string;
    readonly receivedAt: number;
    readonly stored: number;
    readonly corrected: number;
  },
): Promise<void> {
  await tx
    .query<LabelTables>()
    .insertInto('label_batches')
    .values({
      workspace,
      id: batch.id,
      endpoint: batch.endpoint,
      received_at: batch.receivedAt,
      stored: batch.stored,
      corrected: batch.corrected,
    })
    .execute();
}

/** Sums what was received since a time. */
export async function sumLabelBatches(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  since = 0,
): Promise<{ labels: number; batches: number; firstAt: number | null; lastAt: number | null }> {
  const row = await sql
    .query<LabelTables>()
    .selectFrom('label_batches')
    .select(({ fn }) => [
      fn.sum('stored').as('labels'),
      fn.countAll().as('batches'),
      fn.min('received_at').as('first_at'),
      fn.max('received_at').as('last_at'),
    ])
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('received_at', '>=', since)
    .executeTakeFirst();
  return {
    labels: Number(row?.labels ?? 0),
    batches: Number(row?.batches ?? 0),
    firstAt: row?.first_at ?? null,
    lastAt: row?.last_at ?? null,
  };
}
