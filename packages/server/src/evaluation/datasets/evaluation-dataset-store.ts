import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { RecordFields } from './dataset-record.ts';

export interface DatasetTables {
  evaluation_datasets: {
    id: string;
    workspace: string;
    name: string;
    fields: string | null;
    records: number;
    last_position: number;
    created_by: string;
    user_name: string | null;
    updated_user_name: string | null;
    created_at: number;
    updated_at: number;
    changed_at: number;
  };
  evaluation_dataset_tags: { dataset_id: string; name: string; value: string };
  evaluation_dataset_experiments: { dataset_id: string; workspace: string; experiment: number };
}

/** Records that answers are judged by. Names are no identity: several may have the same. */
export interface EvaluationDataset {
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Numbers of the experiments it belongs to, ascending. */
  readonly experiments: readonly number[];
  /** Undefined before the first record. */
  readonly fields: RecordFields | undefined;
  readonly records: number;
  readonly createdBy: string;
  /** Who a client says made it, and changed its records last. */
  readonly userName: string | undefined;
  readonly updatedUserName: string | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When its records were last changed. */
  readonly changedAt: number;
}

/** With the position of its last record. */
export interface DatasetHead extends Omit<EvaluationDataset, 'tags' | 'experiments'> {
  readonly lastPosition: number;
}

export async function insertDataset(
  tx: SqlTransaction,
  workspace: string,
  dataset: EvaluationDataset,
): Promise<void> {
  await tx
    .query<DatasetTables>()
    .insertInto('evaluation_datasets')
    .values({
      id: dataset.id,
      workspace,
      name: dataset.name,
      fields: null,
      records: 0,
      last_position: 0,
      created_by: dataset.createdBy,
      user_name: dataset.userName ?? null,
      updated_user_name: dataset.updatedUserName ?? null,
      created_at: dataset.createdAt,
      updated_at: dataset.updatedAt,
      changed_at: dataset.changedAt,
    })
    .execute();
  await setTags(tx, dataset.id, dataset.tags);
  await addExperiments(tx, workspace, dataset.id, dataset.experiments);
}

export async function findDatasetHead(
  reader: SqlReader,
  workspace: string,
  id: string,
): Promise<DatasetHead | undefined> {
  const row = await reader
    .query<DatasetTables>()
    .selectFrom('evaluation_datasets')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toHead(row);
}

/** In whatever workspace it is. */
export async function workspaceOfDataset(reader: SqlReader, id: string): Promise<string | undefined> {
  const row = await reader
    .query<DatasetTables>()
    .selectFrom('evaluation_datasets')
    .select('workspace')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.workspace;
}

/** With what its rows alone do not say, read for all of them at once. */
export async function completeDatasets(
  reader: SqlReader,
  heads: readonly DatasetHead[],
): Promise<EvaluationDataset[]> {
  const tags = new Map<string, [string, string][]>();
  const experiments = new Map<string, number[]>();
  for (let start = 0; start < heads.length; start += perStatement) {
    const ids = heads.slice(start, start + perStatement).map(({ id }) => id);
    const tagRows = await reader
      .query<DatasetTables>()
      .selectFrom('evaluation_dataset_tags')
      .selectAll()
      .where('dataset_id', 'in', ids)
      .orderBy('name')
      .execute();
    for (const { dataset_id, name, value } of tagRows)
      tags.set(dataset_id, [...(tags.get(dataset_id) ?? []), [name, value]]);
    const rows = await reader
      .query<DatasetTables>()
      .selectFrom('evaluation_dataset_experiments')
      .select(['dataset_id', 'experiment'])
      .where('dataset_id', 'in', ids)
      .orderBy('experiment')
      .execute();
    for (const { dataset_id, experiment } of rows)
      experiments.set(dataset_id, [...(experiments.get(dataset_id) ?? []), experiment]);
  }
  return heads.map(({ lastPosition: _, ...head }) => ({
    ...head,
    tags: Object.fromEntries(tags.get(head.id) ?? []),
    experiments: experiments.get(head.id) ?? [],
  }));
}

const perStatement = 500;

export async function updateDataset(
  tx: SqlTransaction,
  id: string,
  changed: {
    readonly fields?: RecordFields;
    readonly records?: number;
    readonly lastPosition?: number;
    readonly updatedUserName?: string | null;
    readonly updatedAt: number;
    readonly changedAt?: number;
  },
): Promise<void> {
  const { fields, records, lastPosition, updatedUserName, updatedAt, changedAt } = changed;
  await tx
    .query<DatasetTables>()
    .updateTable('evaluation_datasets')
    .set({
      updated_at: updatedAt,
      ...(fields === undefined ? {} : { fields: JSON.stringify(fields) }),
      ...(records === undefined ? {} : { records }),
      ...(lastPosition === undefined ? {} : { last_position: lastPosition }),
      ...(updatedUserName === undefined ? {} : { updated_user_name: updatedUserName }),
      ...(changedAt === undefined ? {} : { changed_at: changedAt }),
    })
    .where('id', '=', id)
    .execute();
}

export async function deleteDataset(tx: SqlTransaction, id: string): Promise<void> {
  const query = tx.query<DatasetTables>();
  await query.deleteFrom('evaluation_dataset_tags').where('dataset_id', '=', id).execute();
  await query.deleteFrom('evaluation_dataset_experiments').where('dataset_id', '=', id).execute();
  await query.deleteFrom('evaluation_datasets').where('id', '=', id).execute();
}

export async function setTags(
  tx: SqlTransaction,
  id: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const rows = Object.entries(tags).map(([name, value]) => ({ dataset_id: id, name, value }));
  if (rows.length === 0) return;
  await tx
    .query<DatasetTables>()
    .insertInto('evaluation_dataset_tags')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['dataset_id', 'name']).doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
    )
    .execute();
}

export async function deleteTag(tx: SqlTransaction, id: string, name: string): Promise<void> {
  await tx
    .query<DatasetTables>()
    .deleteFrom('evaluation_dataset_tags')
    .where('dataset_id', '=', id)
    .where('name', '=', name)
    .execute();
}

export async function addExperiments(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  experiments: readonly number[],
): Promise<void> {
  if (experiments.length === 0) return;
  await tx
    .query<DatasetTables>()
    .insertInto('evaluation_dataset_experiments')
    .values(experiments.map((experiment) => ({ dataset_id: id, workspace, experiment })))
    .onConflict((conflict) => conflict.columns(['dataset_id', 'experiment']).doNothing())
    .execute();
}

export async function removeExperiments(
  tx: SqlTransaction,
  id: string,
  experiments: readonly number[],
): Promise<void> {
  if (experiments.length === 0) return;
  await tx
    .query<DatasetTables>()
    .deleteFrom('evaluation_dataset_experiments')
    .where('dataset_id', '=', id)
    .where('experiment', 'in', experiments)
    .execute();
}

export function toHead(row: DatasetTables['evaluation_datasets']): DatasetHead {
  return {
    id: row.id,
    name: row.name,
    fields: row.fields === null ? undefined : (JSON.parse(row.fields) as RecordFields),
    records: row.records,
    lastPosition: row.last_position,
    createdBy: row.created_by,
    userName: row.user_name ?? undefined,
    updatedUserName: row.updated_user_name ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    changedAt: row.changed_at,
  };
}
