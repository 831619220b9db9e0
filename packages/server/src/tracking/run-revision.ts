import { sql } from 'kysely';
import type { IdGenerator } from '../kernel/ids.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';

interface Tables {
  runs: { id: string; revision: string; words_waiting: number };
}

/**
 * A run that was found, and which state of it. Nothing was written of it where its revision is the one it had and as many
 * changes wait (`RunTexts.changed`) to be taken over: none of them goes away without a new revision. Both are of one snapshot,
 * and what is kept under a state must have been read after it.
 */
export interface RunRevision {
  readonly id: string;
  readonly experiment_id: string;
  readonly revision: string;
  /** How many changes wait. */
  readonly changes: number;
}

/** What is selected of `runs` to read revisions. Most often no change of any run waits, and none is looked for. */
export const revisionColumns = sql`runs.id, runs.experiment_id, runs.revision,
  case when exists (select 1 from run_text_changes)
    then (select count(*) from run_text_changes where run_text_changes.run_id = runs.id) else 0 end as changes`;

/** For runs that are begun or changed: a run that was purged and brought back has no revision that it had before. */
export function newRevision(ids: IdGenerator): string {
  return ids.next('rev');
}

export async function renewRevisions(
  tx: SqlTransaction,
  ids: IdGenerator,
  runIds: readonly string[],
  more: { readonly words_waiting?: 0 } = {},
): Promise<void> {
  if (runIds.length === 0) return;
  await tx
    .query<Tables>()
    .updateTable('runs')
    .set({ revision: newRevision(ids), ...more })
    .where(tx.isOneOf('id', runIds))
    .execute();
}
