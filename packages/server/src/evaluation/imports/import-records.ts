import type { ImportedEvaluationRecord } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import { canonicalDigest } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { type DatasetRecord, withFieldsOf } from '../datasets/dataset-record.ts';
import { findDatasetHead, updateDataset } from '../datasets/evaluation-dataset-store.ts';
import { datasetsOfRecords, findRecordsByInputs, insertRecords } from '../datasets/record-store.ts';

/**
 * Takes records of one data set behind those it has; those that are there by id or inputs stay as they are. Returns how many
 * were added. Throws EVALUATION_DATASET_NOT_FOUND, IMPORT_ID_TAKEN.
 */
export async function importRecords(
  deps: { readonly audit: AuditLog },
  tx: SqlTransaction,
  context: RequestContext,
  datasetId: string,
  imported: readonly ImportedEvaluationRecord[],
): Promise<number> {
  const head = await findDatasetHead(tx, context.workspace, datasetId);
  if (head === undefined) throw esteiraError('EVALUATION_DATASET_NOT_FOUND', { id: datasetId });
  const hashed = imported.map((one) => ({ hash: canonicalDigest(one.inputs), one }));
  const owners = new Map(
    await datasetsOfRecords(
      tx,
      imported.map(({ id }) => id),
    ),
  );
  const known = new Set(
    (
      await findRecordsByInputs(
        tx,
        datasetId,
        hashed.map(({ hash }) => hash),
      )
    ).keys(),
  );
  const added: { readonly hash: string; readonly record: DatasetRecord }[] = [];
  for (const { hash, one } of hashed) {
    const owner = owners.get(one.id);
    if (owner !== undefined && owner !== datasetId)
      throw esteiraError('IMPORT_ID_TAKEN', { kind: 'evaluation record', id: one.id });
    if (owner !== undefined || known.has(hash)) continue;
    owners.set(one.id, datasetId);
    known.add(hash);
    added.push({ hash, record: toRecord(one, head.lastPosition + added.length + 1) });
  }
  if (added.length === 0) return 0;
  await insertRecords(tx, datasetId, added);
  const given = added.map(({ record }) => ({ ...record, expectations: record.expectations ?? {} }));
  await updateDataset(tx, datasetId, {
    fields: withFieldsOf(head.fields, given),
    records: head.records + added.length,
    lastPosition: head.lastPosition + added.length,
    updatedAt: head.updatedAt,
  });
  await deps.audit.record(tx, context, {
    action: 'evaluation.dataset.records-imported',
    subject: { kind: 'evaluation-dataset', id: datasetId },
    details: { added: added.length },
  });
  return added.length;
}

function toRecord(imported: ImportedEvaluationRecord, position: number): DatasetRecord {
  const { datasetId: _, source, userName, updatedUserName, ...record } = imported;
  return { ...record, position, source, userName, updatedUserName };
}
