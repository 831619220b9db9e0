import { beginCommitEpoch } from '../storage/sql/commit-epoch.ts';
import type { SqlTransaction } from '../storage/sql/sql-database.ts';
import type { SpoolEnd } from './local-files.ts';
import type { TableSchema } from './table-schema.ts';

interface SettlingTables {
  sessions: { id: string };
  sign_in_links: { id: string };
  jobs: { state: string; lease_expires_at: number | null };
  prediction_sources: { source: string; acknowledged: number };
  [table: string]: object;
}

/**
 * Makes rows that speak of the place they came from fit the place they are in:
 * - Whoever held a job is not here: what was running is due again at once.
 * - A log of predictions goes on where the copy of it ends. What was acknowledged beyond was in the rows already, and the
 *   bytes that will be written there next are others.
 * - Positions to come are above all that came along.
 */
export async function settleIn(
  tx: SqlTransaction,
  arrived: {
    readonly tables: readonly TableSchema[];
    readonly spools: readonly SpoolEnd[];
    /** After going back in time, a session that was ended since would be open again. */
    readonly forgetSessions: boolean;
  },
): Promise<void> {
  const query = tx.query<SettlingTables>();
  if (arrived.forgetSessions) {
    await query.deleteFrom('sessions').execute();
    await query.deleteFrom('sign_in_links').execute();
  }
  await query.updateTable('jobs').set({ lease_expires_at: 0 }).where('state', '=', 'running').execute();
  for (const { source, end } of arrived.spools) {
    await query
      .updateTable('prediction_sources')
      .set({ acknowledged: end })
      .where('source', '=', source)
      .where('acknowledged', '>', end)
      .execute();
  }
  if (arrived.tables.some(({ name }) => name === 'commit_epochs')) {
    await beginCommitEpoch(tx, await highestPosition(tx, arrived.tables));
  }
}

async function highestPosition(tx: SqlTransaction, tables: readonly TableSchema[]): Promise<number> {
  let highest = 0;
  for (const { name, columns } of tables) {
    if (!columns.some((column) => column.name === 'position' && column.type === 'integer')) continue;
    const row = await tx
      .query<Record<string, { position: number }>>()
      .selectFrom(name)
      .select((expression) => expression.fn.max('position').as('highest'))
      .executeTakeFirst();
    highest = Math.max(highest, Number(row?.highest ?? 0));
  }
  return highest;
}
