import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';
import type { InspectedBundle } from './inspection/inspect-files.ts';
import { findInspections } from './inspection/inspection-store.ts';
import { listAliases, setOwn } from './model-store.ts';
import type { StoredVersion } from './version-store.ts';

interface TagTables {
  model_version_tags: { workspace: string; model: string; version: number; name: string; value: string };
}

/** A version with what hangs on it and may change. */
export interface LabelledVersion extends StoredVersion {
  /** What an inspection found of a version that was registered as it is. */
  readonly inspected: InspectedBundle | undefined;
  readonly aliases: string[];
  readonly tags: Record<string, string>;
}

/** Versions with their aliases and tags, by two statements for each thousand. */
export async function withVersionLabels(
  sql: SqlReader,
  workspace: string,
  versions: readonly StoredVersion[],
): Promise<readonly LabelledVersion[]> {
  const labelled: LabelledVersion[] = [];
  for (let start = 0; start < versions.length; start += 1000)
    labelled.push(...(await labelSome(sql, workspace, versions.slice(start, start + 1000))));
  return labelled;
}

export async function putVersionTag(
  tx: SqlTransaction,
  workspace: string,
  tag: { model: string; version: number; name: string; value: string },
): Promise<void> {
  await tx
    .query<TagTables>()
    .insertInto('model_version_tags')
    .values({ workspace, ...tag })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'model', 'version', 'name']).doUpdateSet({ value: tag.value }),
    )
    .execute();
}

export async function removeVersionTag(
  tx: SqlTransaction,
  workspace: string,
  tag: { model: string; version: number; name: string },
): Promise<void> {
  await tx
    .query<TagTables>()
    .deleteFrom('model_version_tags')
    .where('workspace', '=', workspace)
    .where('model', '=', tag.model)
    .where('version', '=', tag.version)
    .where('name', '=', tag.name)
    .execute();
}

async function labelSome(
  sql: SqlReader,
  workspace: string,
  versions: readonly StoredVersion[],
): Promise<readonly LabelledVersion[]> {
  const unchecked = versions.filter(({ checked }) => checked === undefined).map(({ id }) => id);
  const inspections = await findInspections(sql, workspace, unchecked);
  const labelled = versions.map((version) => ({
    ...version,
    inspected: inspections.get(version.id),
    aliases: [] as string[],
    tags: {} as Record<string, string>,
  }));
  const byKey = new Map(labelled.map((version) => [`${version.version}/${version.model}`, version]));
  const models = [...new Set(versions.map(({ model }) => model))];
  if (models.length === 0) return [];
  for (const { model, version, alias } of await listAliases(sql, workspace, models))
    byKey.get(`${version}/${model}`)?.aliases.push(alias);
  const tags = await sql
    .query<TagTables>()
    .selectFrom('model_version_tags')
    .select(['model', 'version', 'name', 'value'])
    .where('workspace', '=', workspace)
    .where('model', 'in', models)
    .where('version', 'in', [...new Set(versions.map(({ version }) => version))])
    .orderBy('name')
    .execute();
  for (const { model, version, name, value } of tags)
    setOwn(byKey.get(`${version}/${model}`)?.tags, name, value);
  return labelled;
}
