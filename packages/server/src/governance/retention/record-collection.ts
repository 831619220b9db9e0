import type { GarbageCollection } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { findCollection, insertCollection } from './garbage-collection-store.ts';
import { emptyReport } from './garbage-report.ts';

/** Puts a collection on record, or returns it as it is when it has been there: from when it was asked for, or cut off. */
export async function recordCollection(
  tx: SqlTransaction,
  { workspace, actor }: RequestContext,
  { id, dryRun, startedAt }: Pick<GarbageCollection, 'id' | 'dryRun' | 'startedAt'>,
): Promise<GarbageCollection> {
  const known = await findCollection(tx, id);
  if (known !== undefined) return known;
  const report = emptyReport(dryRun);
  const startedBy = actor.id;
  const collection = {
    id,
    dryRun,
    state: 'running',
    startedBy,
    startedAt,
    finishedAt: null,
    report,
  } as const;
  await insertCollection(tx, workspace, collection);
  return collection;
}
