import type { ImportedModel } from '@esteira/contracts';
import type { AuditLog } from '../../governance/index.ts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { SqlTransaction } from '../../storage/sql/sql-database.ts';
import {
  findModelHead,
  insertModel,
  listAliases,
  putAlias,
  putModelTag,
  raiseVersionNumber,
} from '../model-store.ts';
import { defaultProject, isPrompt } from '../registry-service.ts';

/** Takes a registered model without its versions. Of one that is there, aliases that are missing are added. */
export async function importModel(
  deps: { audit: AuditLog },
  tx: SqlTransaction,
  context: RequestContext,
  imported: ImportedModel,
): Promise<boolean> {
  const { workspace, actor } = context;
  const { name, description = '', createdAt, updatedAt, lastVersion, tags = [], aliases = [] } = imported;
  const found = await findModelHead(tx, workspace, name);
  if (found === undefined) {
    const kind = isPrompt(Object.fromEntries(tags)) ? 'prompt' : 'model';
    const project = defaultProject;
    const createdBy = actor.id;
    await insertModel(tx, workspace, { name, kind, project, description, createdBy, createdAt, updatedAt });
    for (const [tag, value] of tags) await putModelTag(tx, workspace, { model: name, name: tag, value });
    await deps.audit.record(tx, context, {
      action: 'registry.model.imported',
      subject: { kind: 'registered-model', id: name },
      details: { project, kind },
    });
  }
  await raiseVersionNumber(tx, workspace, name, lastVersion);
  const there = new Set((await listAliases(tx, workspace, [name])).map(({ alias }) => alias));
  for (const [alias, version] of aliases)
    if (!there.has(alias)) await putAlias(tx, workspace, { model: name, alias, version, updatedAt });
  return found === undefined;
}
