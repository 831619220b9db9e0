import type { ImportedModel, ImportedVersion } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { countModels } from './counted-models.ts';
import { importModel } from './import-models.ts';
import { type ImportDeps, importVersion } from './import-version.ts';

/** Takes the registry of another tracker, under its numbers and times. What is there stays; nothing of it is news. */
export interface RegistryImports {
  /** Returns how many were not there. */
  models(context: RequestContext, models: readonly ImportedModel[]): Promise<number>;
  /** Returns how many were not there. Throws MODEL_NOT_FOUND, IMPORT_VERSION_TAKEN. */
  versions(context: RequestContext, versions: readonly ImportedVersion[]): Promise<number>;
  count(workspace: string, names: readonly string[]): ReturnType<typeof countModels>;
}

export function createRegistryImports(deps: ImportDeps): RegistryImports {
  return {
    models: (context, models) =>
      deps.sql.transaction(async (tx) => {
        let added = 0;
        for (const model of models) if (await importModel(deps, tx, context, model)) added++;
        return added;
      }),
    async versions(context, versions) {
      let added = 0;
      for (const version of versions) if (await importVersion(deps, context, version)) added++;
      return added;
    },
    count: (workspace, names) => countModels(deps.sql, workspace, names),
  };
}
