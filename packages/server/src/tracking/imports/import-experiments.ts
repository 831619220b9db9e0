import type { ImportedExperiment } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { IdGenerator } from '../../kernel/ids.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import { artifactLocationOf, type Experiment } from '../experiment.ts';
import { renewExperimentRevision } from '../experiment-revision.ts';
import {
  findExperiment,
  insertExperiment,
  nextExperimentNumber,
  raiseExperimentNumber,
  rewriteExperiment,
} from '../experiment-store.ts';
import { setExperimentTags } from '../experiment-tag-store.ts';
import { holdsRuns } from '../run-store.ts';

/** Takes an experiment. One of its name stays as it is, unless it has no run yet. */
export async function importExperiment(
  deps: { ids: IdGenerator; audit: AuditLog },
  tx: SqlTransaction,
  context: RequestContext,
  imported: ImportedExperiment,
): Promise<{ readonly experiment: Experiment; readonly added: boolean }> {
  const { workspace } = context;
  const { name, note = '', createdAt, updatedAt, deletedAt, tags = [] } = imported;
  const found = await findExperiment(tx, workspace, { name });
  if (found !== undefined) {
    if (await holdsRuns(tx, found.id)) return { experiment: found, added: false };
    await rewriteExperiment(tx, found.id, { note, createdAt, updatedAt, deletedAt: deletedAt ?? null });
    await setExperimentTags(tx, found.id, Object.fromEntries(tags));
    await renewExperimentRevision(tx, deps.ids, workspace);
    const { deletedAt: _, ...standing } = found;
    return {
      experiment: deletedAt === undefined ? standing : { ...standing, deletedAt },
      added: false,
    };
  }
  const number = await freeNumber(tx, workspace, imported.number);
  const experiment: Experiment = {
    id: deps.ids.next('exp'),
    number,
    name,
    note,
    artifactLocation: artifactLocationOf(number),
    createdAt,
    updatedAt,
  };
  if (!(await insertExperiment(tx, workspace, experiment, context.actor.id)))
    throw new Error('Another process made an experiment of the name meanwhile.');
  if (deletedAt !== undefined)
    await rewriteExperiment(tx, experiment.id, { note, createdAt, updatedAt, deletedAt });
  await setExperimentTags(tx, experiment.id, Object.fromEntries(tags));
  await renewExperimentRevision(tx, deps.ids, workspace);
  await deps.audit.record(tx, context, {
    action: 'tracking.experiment.imported',
    subject: { kind: 'experiment', id: experiment.id },
    details: { name, number },
  });
  return { experiment: deletedAt === undefined ? experiment : { ...experiment, deletedAt }, added: true };
}

/** The number it had, or else one that no experiment has had. */
async function freeNumber(
  tx: SqlTransaction,
  workspace: string,
  wanted: number | undefined,
): Promise<number> {
  if (wanted === undefined || (await isTaken(tx, workspace, wanted)))
    return await nextExperimentNumber(tx, workspace);
  await raiseExperimentNumber(tx, workspace, wanted);
  return wanted;
}

async function isTaken(reader: SqlReader, workspace: string, number: number): Promise<boolean> {
  return (await findExperiment(reader, workspace, { number })) !== undefined;
}
