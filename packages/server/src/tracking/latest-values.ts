import type { IdGenerator } from '../kernel/ids.ts';
import type { SqlDatabase, SqlTransaction } from '../storage/sql/sql-database.ts';
import { batchesPerRead, decodePoints, type JournalTables, stillWaiting } from './metric-journal.ts';
import { isLaterRow, type PointRow } from './metric-points.ts';
import { moveLatest } from './metric-store.ts';
import { renewRevisions } from './run-revision.ts';
import type { RunTables } from './run-store.ts';
import { settleTogether } from './settle-together.ts';

/** Brings the latest values of series up to the points of the journal, once for many points of a series. */
export interface LatestValues {
  /**
   * Resolves when the latest values of all points that were stored before the call are in their series: to be awaited before
   * they are read. On a full disk they stay behind, so that people can still look around.
   */
  settle(): Promise<void>;
}

// A transaction holds up the others for some five milliseconds.
const seriesPerTransaction = 1_000;

/** Batches were sorted in, or a run in them was put back, while they were read. */
class BatchesGone extends Error {}

/**
 * What was settled is remembered by this process alone: to do it again changes nothing, and a batch leaves the journal only
 * after that. Callers who come while others are served are served together next.
 */
export function createLatestValues({
  sql,
  ids,
}: {
  readonly sql: SqlDatabase;
  readonly ids: IdGenerator;
}): LatestValues {
  const settled = new Set<string>();

  async function settleAll(): Promise<void> {
    for (;;) {
      try {
        return await settleOnce();
      } catch (error) {
        if (!(error instanceof BatchesGone)) throw error;
      }
    }
  }

  async function settleOnce(): Promise<void> {
    const batches = await sql.query<JournalTables>().selectFrom('metric_batches').select('id').execute();
    forget(settled, batches);
    const fresh = batches.flatMap(({ id }) => (settled.has(id) ? [] : [id]));
    if (fresh.length === 0) return;
    const rows = [...(await latestOf(sql, fresh)).values()];
    // Always in one order: two processes that move the same values wait for each other instead of in a circle.
    rows.sort((a, b) => a[0] - b[0]);
    for (let start = 0; start < rows.length; start += seriesPerTransaction) {
      await sql.transaction(
        async (tx) => {
          const moved = await moveLatest(tx, rows.slice(start, start + seriesPerTransaction));
          if (sql.capabilities.manyWriters) await lockRuns(tx, moved);
          await renewRevisions(tx, ids, moved);
          // Asked when the series are this transaction's: a run that is put back takes its batches away with them.
          if (!(await stillWaiting(tx, fresh, false))) throw new BatchesGone();
        },
        {
          isolation: 'read-committed',
          // What is lost with a power cut is settled again: its batches are still there.
          durability: 'lazy',
        },
      );
    }
    for (const id of fresh) settled.add(id);
  }

  return { settle: settleTogether(settleAll) };
}

/** Always in one order: processes that move values of the same runs wait for each other instead of in a circle. */
async function lockRuns(tx: SqlTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .query<RunTables>()
    .selectFrom('runs')
    .select('id')
    .where(tx.isOneOf('id', ids))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}

function forget(settled: Set<string>, batches: readonly { readonly id: string }[]): void {
  if (settled.size === 0) return;
  const there = new Set(batches.map(({ id }) => id));
  for (const id of settled) if (!there.has(id)) settled.delete(id);
}

/** The latest point of each series in the batches. A batch that is gone meanwhile was settled before. */
async function latestOf(sql: SqlDatabase, ids: readonly string[]): Promise<ReadonlyMap<number, PointRow>> {
  const latest = new Map<number, PointRow>();
  for (let start = 0; start < ids.length; start += batchesPerRead) {
    const rows = await sql
      .query<JournalTables>()
      .selectFrom('metric_batches')
      .select('points')
      .where(sql.isOneOf('id', ids.slice(start, start + batchesPerRead)))
      .execute();
    for (const { points } of rows) {
      for (const point of decodePoints(points)) {
        const known = latest.get(point[0]);
        if (known === undefined || isLaterRow(point, known)) latest.set(point[0], point);
      }
    }
  }
  return latest;
}
