import type { ImportedScorerVersion } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import {
  ensureScorer,
  findScorer,
  hasScorerId,
  insertScorerVersion,
  listVersions,
} from '../scorers/scorer-store.ts';

/**
 * Takes a version of a scorer; one that is there stays as it is. A scorer that is there by its name keeps its id. Throws
 * IMPORT_ID_TAKEN, and IMPORT_VERSION_TAKEN when another version has the number.
 */
export async function importScorerVersion(
  deps: { readonly audit: AuditLog },
  tx: SqlTransaction,
  context: RequestContext,
  imported: ImportedScorerVersion & { readonly experiment: number },
): Promise<boolean> {
  const { workspace, actor } = context;
  const { experiment, name, version, definition, createdAt } = imported;
  const scorer = { workspace, experiment, name };
  const there = (await listVersions(tx, scorer)).find((one) => one.version === version);
  if (there?.definition === definition) return false;
  if (there !== undefined) throw esteiraError('IMPORT_VERSION_TAKEN', { model: name, version });
  if ((await findScorer(tx, scorer)) === undefined && (await hasScorerId(tx, imported.scorerId)))
    throw esteiraError('IMPORT_ID_TAKEN', { kind: 'scorer', id: imported.scorerId });
  const scorerId = await ensureScorer(tx, scorer, imported.scorerId);
  const createdBy = actor.id;
  await insertScorerVersion(tx, { scorerId, experiment, name, version, definition, createdBy, createdAt });
  await deps.audit.record(tx, context, {
    action: 'evaluation.scorer.imported',
    subject: { kind: 'scorer', id: scorerId },
    details: { name, version },
  });
  return true;
}
