import type { NewRetrainingPolicy, RetrainingPolicy } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface PolicyTables {
  retraining_policies: {
    workspace: string;
    id: string;
    name: string;
    endpoint: string;
    settings: string;
    owner_id: string;
    owner_name: string;
    created_at: number;
    updated_at: number;
  };
}

export async function savePolicy(
  tx: SqlTransaction,
  workspace: string,
  policy: RetrainingPolicy,
): Promise<void> {
  const { id, name, owner, createdAt, updatedAt, ...settings } = policy;
  const changing = {
    endpoint: policy.endpoint,
    settings: JSON.stringify(settings),
    owner_id: owner.id,
    owner_name: owner.name,
    updated_at: updatedAt,
  };
  await tx
    .query<PolicyTables>()
    .insertInto('retraining_policies')
    .values({ workspace, id, name, created_at: createdAt, ...changing })
    .onConflict((conflict) => conflict.columns(['workspace', 'name']).doUpdateSet(changing))
    .execute();
}

export async function findPolicy(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<RetrainingPolicy | undefined> {
  const row = await policies(sql, workspace).where('name', '=', name).executeTakeFirst();
  return row && toPolicy(row);
}

/** By name. */
export async function listPolicies(
  sql: SqlReader,
  workspace: string,
  filter: { readonly endpoint?: string | undefined },
): Promise<readonly RetrainingPolicy[]> {
  let query = policies(sql, workspace);
  if (filter.endpoint !== undefined) query = query.where('endpoint', '=', filter.endpoint);
  return (await query.orderBy('name').execute()).map(toPolicy);
}

function policies(sql: SqlReader, workspace: string) {
  return sql
    .query<PolicyTables>()
    .selectFrom('retraining_policies')
    .selectAll()
    .where('workspace', '=', workspace);
}

function toPolicy(row: PolicyTables['retraining_policies']): RetrainingPolicy {
  return {
    ...(JSON.parse(row.settings) as NewRetrainingPolicy),
    id: row.id,
    name: row.name,
    owner: { id: row.owner_id, name: row.owner_name },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
