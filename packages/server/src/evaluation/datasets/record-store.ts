import type { JsonValue } from '@esteira/contracts';
import { sql } from 'kysely';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { DatasetRecord, JsonObject, RecordSource } from './dataset-record.ts';

interface RecordTables {
  evaluation_dataset_records: {
    id: string;
    dataset_id: string;
    position: number;
    inputs_hash: string;
    inputs: string;
    outputs: string | null;
    expectations: string | null;
    tags: string;
    source: string | null;
    user_name: string | null;
    updated_user_name: string | null;
    created_at: number;
    updated_at: number;
  };
}

const perStatement = 500;

/** The records with these inputs, by the hash of their inputs. */
export async function findRecordsByInputs(
  reader: SqlReader,
  datasetId: string,
  hashes: readonly string[],
): Promise<Map<string, DatasetRecord>> {
  const found = new Map<string, DatasetRecord>();
  for (let start = 0; start < hashes.length; start += perStatement) {
    const rows = await reader
      .query<RecordTables>()
      .selectFrom('evaluation_dataset_records')
      .selectAll()
      .where('dataset_id', '=', datasetId)
      .where('inputs_hash', 'in', hashes.slice(start, start + perStatement))
      .execute();
    for (const row of rows) found.set(row.inputs_hash, toRecord(row));
  }
  return found;
}

/** Which of these ids are taken, by the data sets that have them. */
export async function datasetsOfRecords(
  reader: SqlReader,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let start = 0; start < ids.length; start += perStatement) {
    const rows = await reader
      .query<RecordTables>()
      .selectFrom('evaluation_dataset_records')
      .select(['id', 'dataset_id'])
      .where('id', 'in', ids.slice(start, start + perStatement))
      .execute();
    for (const { id, dataset_id } of rows) found.set(id, dataset_id);
  }
  return found;
}

export async function insertRecords(
  tx: SqlTransaction,
  datasetId: string,
  records: readonly { readonly hash: string; readonly record: DatasetRecord }[],
): Promise<void> {
  if (records.length === 0) return;
  await tx.forEachRow(
    {
      id: 'text',
      dataset_id: 'text',
      position: 'bigint',
      inputs_hash: 'text',
      inputs: 'text',
      outputs: 'text',
      expectations: 'text',
      tags: 'text',
      source: 'text',
      user_name: 'text',
      updated_user_name: 'text',
      created_at: 'bigint',
      updated_at: 'bigint',
    },
    records.map(({ hash, record }) => [
      record.id,
      datasetId,
      record.position,
      hash,
      JSON.stringify(record.inputs),
      textOrNull(record.outputs),
      textOrNull(record.expectations),
      JSON.stringify(record.tags),
      record.source === undefined ? null : JSON.stringify(record.source),
      record.userName ?? null,
      record.updatedUserName ?? null,
      record.createdAt,
      record.updatedAt,
    ]),
    ({ value, from }) => sql`
      insert into evaluation_dataset_records
        (id, dataset_id, position, inputs_hash, inputs, outputs, expectations, tags, source, user_name, updated_user_name,
         created_at, updated_at)
      select ${value('id')}, ${value('dataset_id')}, ${value('position')}, ${value('inputs_hash')}, ${value('inputs')},
        ${value('outputs')}, ${value('expectations')}, ${value('tags')}, ${value('source')}, ${value('user_name')},
        ${value('updated_user_name')}, ${value('created_at')}, ${value('updated_at')} ${from}
      where true`,
  );
}

/** What merging changes of a record. */
export async function updateRecords(tx: SqlTransaction, records: readonly DatasetRecord[]): Promise<void> {
  if (records.length === 0) return;
  await tx.forEachRow(
    {
      id: 'text',
      outputs: 'text',
      expectations: 'text',
      tags: 'text',
      updated_user_name: 'text',
      updated_at: 'bigint',
    },
    records.map((record) => [
      record.id,
      textOrNull(record.outputs),
      textOrNull(record.expectations),
      JSON.stringify(record.tags),
      record.updatedUserName ?? null,
      record.updatedAt,
    ]),
    ({ value, from }) => sql`
      update evaluation_dataset_records set
        outputs = ${value('outputs')}, expectations = ${value('expectations')}, tags = ${value('tags')},
        updated_user_name = ${value('updated_user_name')}, updated_at = ${value('updated_at')}
      ${from}
      where evaluation_dataset_records.id = ${value('id')}`,
  );
}

/** In the order they were added. */
export async function listRecords(
  reader: SqlReader,
  datasetId: string,
  page: { readonly limit: number; readonly after?: number | undefined },
): Promise<readonly DatasetRecord[]> {
  const rows = await reader
    .query<RecordTables>()
    .selectFrom('evaluation_dataset_records')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('position', '>', page.after ?? 0)
    .orderBy('position')
    .limit(page.limit)
    .execute();
  return rows.map(toRecord);
}

/** Returns how many there were. */
export async function deleteRecords(
  tx: SqlTransaction,
  datasetId: string,
  ids: readonly string[],
): Promise<number> {
  let deleted = 0;
  for (let start = 0; start < ids.length; start += perStatement) {
    const result = await tx
      .query<RecordTables>()
      .deleteFrom('evaluation_dataset_records')
      .where('dataset_id', '=', datasetId)
      .where('id', 'in', ids.slice(start, start + perStatement))
      .executeTakeFirst();
    deleted += Number(result.numDeletedRows);
  }
  return deleted;
}

export async function deleteRecordsOf(tx: SqlTransaction, datasetId: string): Promise<void> {
  await tx
    .query<RecordTables>()
    .deleteFrom('evaluation_dataset_records')
    .where('dataset_id', '=', datasetId)
    .execute();
}

function textOrNull(value: JsonValue): string | null {
  return value === null ? null : JSON.stringify(value);
}

function toRecord(row: RecordTables['evaluation_dataset_records']): DatasetRecord {
  return {
    id: row.id,
    position: row.position,
    inputs: JSON.parse(row.inputs) as JsonObject,
    outputs: row.outputs === null ? null : (JSON.parse(row.outputs) as JsonValue),
    expectations: row.expectations === null ? null : (JSON.parse(row.expectations) as JsonObject),
    tags: JSON.parse(row.tags) as JsonObject,
    source: row.source === null ? undefined : (JSON.parse(row.source) as RecordSource),
    userName: row.user_name ?? undefined,
    updatedUserName: row.updated_user_name ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
