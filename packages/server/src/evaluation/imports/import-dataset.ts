import type { ImportedEvaluationDataset } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { insertDataset, workspaceOfDataset } from '../datasets/evaluation-dataset-store.ts';

/**
 * Takes an evaluation dataset without its records; one that is there stays as it is. `numbers` are those of its experiments
 * by their ids. Throws IMPORT_ID_TAKEN.
 */
export async function importDataset(
  deps: { readonly audit: AuditLog },
  tx: SqlTransaction,
  context: RequestContext,
  imported: ImportedEvaluationDataset,
  numbers: ReadonlyMap<string, number>,
): Promise<boolean> {
  const { workspace, actor } = context;
  const { id, name, tags = [], experiments = [], createdAt, updatedAt } = imported;
  const taken = await workspaceOfDataset(tx, id);
  if (taken === workspace) return false;
  if (taken !== undefined) throw esteiraError('IMPORT_ID_TAKEN', { kind: 'evaluation dataset', id });
  await insertDataset(tx, workspace, {
    id,
    name,
    tags: Object.fromEntries(tags),
    experiments: [...new Set(experiments.flatMap((experiment) => numbers.get(experiment) ?? []))],
    fields: undefined,
    records: 0,
    createdBy: actor.id,
    userName: imported.userName,
    updatedUserName: imported.updatedUserName,
    createdAt,
    updatedAt,
    changedAt: updatedAt,
  });
  await deps.audit.record(tx, context, {
    action: 'evaluation.dataset.imported',
    subject: { kind: 'evaluation-dataset', id },
    details: { name },
  });
  return true;
}
