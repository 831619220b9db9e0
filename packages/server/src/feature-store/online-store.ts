import type { Materialization } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface OnlineTables {
  materializations: {
    workspace: string;
    view_name: string;
    view_version: number;
    at: number;
    row_count: number;
    source_version_id: string;
    written_at: number;
  };
  online_features: {
    workspace: string;
    view_name: string;
    entity_key: string;
    feature_values: string;
  };
}

export interface OnlineRow {
  readonly key: string;
  readonly values: readonly (number | null)[];
}

/** Joins key parts so that no two different keys look alike. */
export function packKey(parts: readonly string[]): string {
  return JSON.stringify(parts);
}

/** Replaces all online rows of a view: keys without facts disappear with the same commit that brings the new values. */
export async function replaceOnlineRows(
  tx: SqlTransaction,
  workspace: string,
  materialization: Materialization,
  rows: readonly OnlineRow[],
): Promise<void> {
  const db = tx.query<OnlineTables>();
  await db
    .deleteFrom('online_features')
    .where('workspace', '=', workspace)
    .where('view_name', '=', materialization.view)
    .execute();
  for (let first = 0; first < rows.length; first += 500) {
    await db
      .insertInto('online_features')
      .values(
        rows.slice(first, first + 500).map(({ key, values }) => ({
          workspace,
          view_name: materialization.view,
          entity_key: key,
          feature_values: JSON.stringify(values),
        })),
      )
      .execute();
  }
  const row = {
    view_version: materialization.viewVersion,
    at: materialization.at,
    row_count: materialization.rows,
    source_version_id: materialization.sourceVersionId,
    written_at: materialization.writtenAt,
  };
  await db
    .insertInto('materializations')
    .values({ workspace, view_name: materialization.view, ...row })
    .onConflict((conflict) => conflict.columns(['workspace', 'view_name']).doUpdateSet(row))
    .execute();
}

export async function findMaterialization(
  sql: SqlReader,
  workspace: string,
  view: string,
): Promise<Materialization | undefined> {
  const row = await sql
    .query<OnlineTables>()
    .selectFrom('materializations')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('view_name', '=', view)
    .executeTakeFirst();
  return row && toMaterialization(row);
}

/**
 * Values of the keys that are there, with the materialization they are of: one statement, so that both are of one moment.
 * Undefined when the view was never materialized.
 */
export async function readOnlineRows(
  sql: SqlReader,
  workspace: string,
  view: string,
  keys: readonly string[],
): Promise<{ materialization: Materialization; rows: readonly OnlineRow[] } | undefined> {
  const found = await sql
    .query<OnlineTables>()
    .selectFrom('materializations as m')
    .leftJoin('online_features as f', (join) =>
      join
        .onRef('f.workspace', '=', 'm.workspace')
        .onRef('f.view_name', '=', 'm.view_name')
        .on('f.entity_key', 'in', [...keys]),
    )
    .selectAll('m')
    .select(['f.entity_key', 'f.feature_values'])
    .where('m.workspace', '=', workspace)
    .where('m.view_name', '=', view)
    .execute();
  const [first] = found;
  if (first === undefined) return undefined;
  const rows: OnlineRow[] = [];
  for (const { entity_key, feature_values } of found) {
    if (entity_key === null || feature_values === null) continue;
    rows.push({ key: entity_key, values: JSON.parse(feature_values) as (number | null)[] });
  }
  return { materialization: toMaterialization(first), rows };
}

function toMaterialization(row: OnlineTables['materializations']): Materialization {
  return {
    view: row.view_name,
    viewVersion: row.view_version,
    at: row.at,
    rows: row.row_count,
    sourceVersionId: row.source_version_id,
    writtenAt: row.written_at,
  };
}
