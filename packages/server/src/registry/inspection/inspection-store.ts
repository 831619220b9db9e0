import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { InspectedBundle } from './inspect-files.ts';

interface InspectionTables {
  version_inspections: {
    workspace: string;
    version_id: string;
    digest: string;
    document: string;
    created_by: string;
    created_at: number;
  };
}

/** Keeps what an inspection found; one that was kept before stays. */
export async function insertInspection(
  tx: SqlTransaction,
  workspace: string,
  inspection: { versionId: string; bundle: InspectedBundle; createdBy: string; createdAt: number },
): Promise<void> {
  await tx
    .query<InspectionTables>()
    .insertInto('version_inspections')
    .values({
      workspace,
      version_id: inspection.versionId,
      digest: inspection.bundle.digest,
      document: JSON.stringify(inspection.bundle),
      created_by: inspection.createdBy,
      created_at: inspection.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'version_id']).doNothing())
    .execute();
}

/** What inspections of these versions found, by their ids. */
export async function findInspections(
  sql: SqlReader,
  workspace: string,
  versionIds: readonly string[],
): Promise<ReadonlyMap<string, InspectedBundle>> {
  if (versionIds.length === 0) return new Map();
  const rows = await sql
    .query<InspectionTables>()
    .selectFrom('version_inspections')
    .select(['version_id', 'document'])
    .where('workspace', '=', workspace)
    .where('version_id', 'in', versionIds)
    .execute();
  return new Map(rows.map((row) => [row.version_id, JSON.parse(row.document) as InspectedBundle]));
}
