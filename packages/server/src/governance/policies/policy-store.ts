import { PolicyOverlay } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface PolicyTables {
  policy_overlays: { workspace: string; version: number; document: string; actor: string; at: number };
}

/** The newest overlay of a workspace; undefined when it never had one. */
export async function findOverlay(
  sql: SqlReader,
  workspace: string,
): Promise<{ version: number; overlay: PolicyOverlay } | undefined> {
  const row = await sql
    .query<PolicyTables>()
    .selectFrom('policy_overlays')
    .select(['version', 'document'])
    .where('workspace', '=', workspace)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { version: row.version, overlay: PolicyOverlay.parse(JSON.parse(row.document)) };
}

export async function insertOverlay(
  tx: SqlTransaction,
  workspace: string,
  row: { version: number; overlay: PolicyOverlay; actor: string; at: number },
): Promise<void> {
  const { version, overlay, actor, at } = row;
  await tx
    .query<PolicyTables>()
    .insertInto('policy_overlays')
    .values({ workspace, version, document: JSON.stringify(overlay), actor, at })
    .execute();
}
