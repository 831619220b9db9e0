import type { ImportedLoggedModel } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import { findExperiment } from '../experiment-store.ts';
import {
  artifactLocationOfModel,
  findLoggedModel,
  insertLoggedModel,
  insertLoggedModelParams,
  putLoggedModelTags,
  updateLoggedModel,
  workspaceOfLoggedModel,
} from '../logged-models/logged-model-store.ts';
import { metricFromWire } from '../metric-value.ts';
import { insertModelMetrics } from '../model-metric-store.ts';

/** Takes a logged model; one that is there stays as it is. Throws EXPERIMENT_NOT_FOUND, IMPORT_ID_TAKEN. */
export async function importLoggedModel(
  deps: { audit: AuditLog },
  tx: SqlTransaction,
  context: RequestContext,
  imported: ImportedLoggedModel,
): Promise<boolean> {
  const { workspace, actor } = context;
  const { id, experimentId, name, type, sourceRunId, status, createdAt, updatedAt, deletedAt } = imported;
  if ((await findLoggedModel(tx, workspace, id, 'all')) !== undefined) return false;
  if ((await workspaceOfLoggedModel(tx, id)) !== undefined)
    throw esteiraError('IMPORT_ID_TAKEN', { kind: 'logged model', id });
  const experiment = await findExperiment(tx, workspace, { id: experimentId });
  if (experiment === undefined) throw esteiraError('EXPERIMENT_NOT_FOUND', { id: experimentId });
  await insertLoggedModel(tx, workspace, {
    id,
    experimentId,
    experimentNumber: experiment.number,
    name,
    type,
    sourceRunId,
    status,
    artifactLocation: artifactLocationOfModel(experiment.artifactLocation, id),
    createdBy: actor.id,
    createdAt,
    updatedAt,
  });
  if (deletedAt !== undefined) await updateLoggedModel(tx, id, { deletedAt, updatedAt });
  await insertLoggedModelParams(tx, id, Object.fromEntries(imported.params ?? []));
  await putLoggedModelTags(tx, id, Object.fromEntries(imported.tags ?? []));
  await insertModelMetrics(
    tx,
    (imported.metrics ?? []).map(({ value, datasetName, datasetDigest, ...metric }) => ({
      ...metric,
      modelId: id,
      value: metricFromWire(value),
      ...(datasetName === undefined ? {} : { datasetName }),
      ...(datasetDigest === undefined ? {} : { datasetDigest }),
    })),
  );
  await deps.audit.record(tx, context, {
    action: 'tracking.logged-model.imported',
    subject: { kind: 'logged-model', id },
    details: { name, experiment: experiment.name },
  });
  return true;
}
