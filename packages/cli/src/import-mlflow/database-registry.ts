import type { SourceModel } from './mlflow-source.ts';
import { entriesOf, versionStage } from './mlflow-words.ts';
import { pairsIn } from './rows-of.ts';
import { type SourceDatabase, type SourceRow, sourceWorkspace } from './source-database.ts';

/** All registered models and prompts with their versions, by name. Deleted versions leave their numbers alone. */
export async function* readRegisteredModels(database: SourceDatabase): AsyncIterable<SourceModel> {
  const models = await database.rows('select * from registered_models where workspace = ? order by name', [
    sourceWorkspace,
  ]);
  for (const model of models) yield await completeModel(database, model);
}

async function completeModel(database: SourceDatabase, model: SourceRow): Promise<SourceModel> {
  const name = String(model.name);
  const of = (table: string, order: string) =>
    database.rows(`select * from ${table} where workspace = ? and name = ? order by ${order}`, [
      sourceWorkspace,
      name,
    ]);
  const tags = await of('registered_model_tags', 'key');
  const aliases = await of('registered_model_aliases', 'alias');
  const versions = await of('model_versions', 'version');
  const tagsOf = Map.groupBy(await of('model_version_tags', 'key'), ({ version }) => Number(version));
  const createdAt = Number(model.creation_time ?? 0);
  return {
    name,
    description: String(model.description ?? ''),
    createdAt,
    updatedAt: Number(model.last_updated_time ?? createdAt),
    lastVersion: Math.max(0, ...versions.map(({ version }) => Number(version))),
    tags: entriesOf(pairsIn(tags)),
    aliases: aliases.map(({ alias, version }) => [String(alias), Number(version)]),
    versions: versions.flatMap((row) => {
      const stage = versionStage(String(row.current_stage));
      if (stage === undefined) return [];
      const version = Number(row.version);
      const madeAt = Number(row.creation_time ?? createdAt);
      return {
        model: name,
        version,
        description: String(row.description ?? ''),
        stage,
        createdAt: madeAt,
        updatedAt: Number(row.last_updated_time ?? madeAt),
        source: String(row.source ?? ''),
        resolved: row.storage_location === null ? undefined : String(row.storage_location),
        runId: row.run_id === null || row.run_id === '' ? null : String(row.run_id),
        runLink: String(row.run_link ?? ''),
        tags: entriesOf(pairsIn(tagsOf.get(version) ?? [])),
      };
    }),
  };
}
