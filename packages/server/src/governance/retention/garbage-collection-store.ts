import type { GarbageCollection, GarbageReport } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface CollectionTables {
  garbage_collections: {
    id: string;
    workspace: string;
    dry_run: number;
    state: string;
    started_by: string;
    started_at: number;
    finished_at: number | null;
    report: string;
  };
  jobs: { kind: string; state: string; started_at: number | null };
}

export async function insertCollection(
  tx: SqlTransaction,
  workspace: string,
  collection: GarbageCollection,
): Promise<void> {
  await tx
    .query<CollectionTables>()
    .insertInto('garbage_collections')
    .values({
      id: collection.id,
      workspace,
      dry_run: collection.dryRun ? 1 : 0,
      state: collection.state,
      started_by: collection.startedBy,
      started_at: collection.startedAt,
      finished_at: null,
      report: JSON.stringify(collection.report),
    })
    .execute();
}

export async function saveReport(tx: SqlTransaction, id: string, report: GarbageReport): Promise<void> {
  await tx
    .query<CollectionTables>()
    .updateTable('garbage_collections')
    .set({ report: JSON.stringify(report) })
    .where('id', '=', id)
    .execute();
}

export async function finishCollection(
  tx: SqlTransaction,
  id: string,
  report: GarbageReport,
  finishedAt: number,
): Promise<void> {
  await tx
    .query<CollectionTables>()
    .updateTable('garbage_collections')
    .set({ report: JSON.stringify(report), state: 'succeeded', finished_at: finishedAt })
    .where('id', '=', id)
    .execute();
}

export async function findCollection(sql: SqlReader, id: string): Promise<GarbageCollection | undefined> {
  const row = await sql
    .query<CollectionTables>()
    .selectFrom('garbage_collections')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toCollection(row);
}

/** Newest first, of every workspace: one collection serves them all. `before` is the last id of the page before. */
export async function listCollections(
  sql: SqlReader,
  page: { before?: string | undefined; limit: number },
): Promise<readonly (GarbageCollection & { readonly workspace: string })[]> {
  let query = sql.query<CollectionTables>().selectFrom('garbage_collections').selectAll();
  if (page.before !== undefined) query = query.where('id', '<', page.before);
  return (await query.orderBy('id', 'desc').limit(page.limit).execute()).map((row) => ({
    ...toCollection(row),
    workspace: row.workspace,
  }));
}

/** When the job began that has been running for longest, those of `exceptKind` left out; undefined when none runs. */
export async function oldestRunningJob(sql: SqlReader, exceptKind: string): Promise<number | undefined> {
  const row = await sql
    .query<CollectionTables>()
    .selectFrom('jobs')
    .select((query) => query.fn.min('started_at').as('at'))
    .where('state', '=', 'running')
    .where('kind', '!=', exceptKind)
    .executeTakeFirst();
  return row?.at ?? undefined;
}

function toCollection(row: CollectionTables['garbage_collections']): GarbageCollection {
  return {
    id: row.id,
    dryRun: row.dry_run === 1,
    state: row.state === 'succeeded' ? 'succeeded' : 'running',
    startedBy: row.started_by,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    report: JSON.parse(row.report) as GarbageReport,
  };
}
