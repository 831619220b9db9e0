import type { DesiredEndpoint, Rollout } from '@esteira/contracts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';

interface RolloutTables {
  rollouts: {
    workspace: string;
    change_id: string;
    endpoint: string;
    model_version_id: string;
    document: string;
    updated_at: number;
  };
}

/** A rollout with what it began from and when each of its steps began: enough to go on after the process was killed. */
export interface RolloutRecord extends Rollout {
  readonly former: DesiredEndpoint;
  readonly steps: Readonly<Record<string, { readonly startedAt: number; readonly revision: number }>>;
}

export async function saveRollout(
  tx: SqlTransaction,
  workspace: string,
  rollout: RolloutRecord,
): Promise<void> {
  const values = { document: JSON.stringify(rollout), updated_at: rollout.updatedAt };
  await tx
    .query<RolloutTables>()
    .insertInto('rollouts')
    .values({
      workspace,
      change_id: rollout.changeId,
      endpoint: rollout.endpoint,
      model_version_id: rollout.modelVersionId,
      ...values,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'change_id']).doUpdateSet(values))
    .execute();
}

export async function findRollout(
  sql: SqlReader,
  workspace: string,
  changeId: string,
): Promise<RolloutRecord | undefined> {
  const row = await sql
    .query<RolloutTables>()
    .selectFrom('rollouts')
    .select('document')
    .where('workspace', '=', workspace)
    .where('change_id', '=', changeId)
    .executeTakeFirst();
  return row && (JSON.parse(row.document) as RolloutRecord);
}

/** The newest rollout of a version on an endpoint. */
export async function findLatestRollout(
  sql: SqlReader,
  workspace: string,
  endpoint: string,
  modelVersionId: string,
): Promise<RolloutRecord | undefined> {
  const row = await sql
    .query<RolloutTables>()
    .selectFrom('rollouts')
    .select('document')
    .where('workspace', '=', workspace)
    .where('endpoint', '=', endpoint)
    .where('model_version_id', '=', modelVersionId)
    .orderBy('updated_at', 'desc')
    .executeTakeFirst();
  return row && (JSON.parse(row.document) as RolloutRecord);
}
