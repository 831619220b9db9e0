import type { TableEngine } from '../../storage/tables/table-engine.ts';
import type { WindowGrid } from './window-range.ts';

/** What the log holds of one window, and a mark of it that changes with any row or label. */
export interface WindowContent {
  readonly start: number;
  readonly rows: number;
  readonly labelled: number;
  /** When the newest row was logged (server time, ms). */
  readonly newestAt: number;
  /** The latest time of a row, ms. */
  readonly latestTime: number;
  readonly mark: string;
}

/** Rows answered to users: copies for a shadow are not. */
export const answered = "arm in ('primary', 'canary')";

/** Counts rows and labels by window, in order; windows without rows are not among them. */
export async function countWindows(
  tables: Pick<TableEngine, 'query'>,
  predictions: string,
  labels: string,
  grid: WindowGrid,
): Promise<readonly WindowContent[]> {
  const rows = await tables.query(
    `select cast(floor((p."time" - ${grid.offset}) / ${grid.size}.0) as bigint) as number, count(*) as rows,
     count(l.label) as labelled, max(p."at") as newest, max(p."time") as latest,
     cast(bit_xor(hash(p.prediction_id, p.status, p.score, p.latency_ms)) as varchar) as rows_mark,
     cast(bit_xor(hash(p.prediction_id, l.label)) as varchar) as labels_mark
     from (select * from ${predictions} where ${answered}) p left join ${labels} l using (prediction_id)
     group by 1 order by 1`,
  );
  return rows.map((row) => ({
    start: Number(row.number) * grid.size + grid.offset,
    rows: Number(row.rows),
    labelled: Number(row.labelled),
    newestAt: Number(row.newest),
    latestTime: Number(row.latest),
    mark: `${row.rows} ${row.labelled} ${row.rows_mark} ${row.labels_mark}`,
  }));
}
