import type { ImportedVersion } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader } from '../../storage/sql/sql-database.ts';
import { findModelHead } from '../model-store.ts';
import { freeze, type KeepingDeps, recordRegistered } from '../register-kept.ts';
import { putVersionTag } from '../version-label-store.ts';
import { type Folder, findVersion, insertKeptVersion, type StoredVersion } from '../version-store.ts';

export interface ImportDeps extends KeepingDeps {
  /** Where the files of a folder are found; undefined when its owner is not there. */
  readonly locationOf: (workspace: string, folder: Folder) => Promise<string | undefined>;
}

/**
 * Takes a version under its number, with the imported files it is made of. One that was imported before stays as it is.
 * Throws MODEL_NOT_FOUND, IMPORT_VERSION_TAKEN.
 */
export async function importVersion(
  deps: ImportDeps,
  context: RequestContext,
  imported: ImportedVersion,
): Promise<boolean> {
  const { workspace, actor } = context;
  if (await isThere(deps.sql, workspace, imported)) return false;
  const { folder } = imported;
  const location = folder === null ? undefined : await deps.locationOf(workspace, folder);
  const frozen = await freeze(deps, workspace, {
    location: location ?? imported.source,
    files: folder === null || location === undefined ? undefined : folder,
  });
  const ofRun = imported.runId !== null && (await deps.hasRun(workspace, imported.runId));
  return await deps.sql.transaction(async (tx) => {
    if (await isThere(tx, workspace, imported)) return false;
    const model = await findModelHead(tx, workspace, imported.model);
    if (model === undefined) throw esteiraError('MODEL_NOT_FOUND', { name: imported.model });
    const version: StoredVersion = {
      ...frozen,
      id: deps.ids.next('mv'),
      model: model.name,
      version: imported.version,
      project: model.project,
      stage: imported.stage,
      source: imported.source,
      runId: imported.runId,
      runLink: imported.runLink ?? '',
      loggedModelId: imported.loggedModelId,
      description: imported.description ?? '',
      createdBy: actor.id,
      createdAt: imported.createdAt,
      updatedAt: imported.updatedAt,
      checked: undefined,
    };
    await insertKeptVersion(tx, workspace, version);
    for (const [name, value] of imported.tags ?? [])
      await putVersionTag(tx, workspace, { model: model.name, version: version.version, name, value });
    await recordRegistered(deps, tx, context, version, ofRun);
    return true;
  });
}

/** Throws IMPORT_VERSION_TAKEN when another version has the number. */
async function isThere(reader: SqlReader, workspace: string, imported: ImportedVersion): Promise<boolean> {
  const { model, version } = imported;
  const found = await findVersion(reader, workspace, model, version);
  if (found === undefined) return false;
  if (found.createdAt !== imported.createdAt || found.source !== imported.source)
    throw esteiraError('IMPORT_VERSION_TAKEN', { model, version });
  return true;
}
