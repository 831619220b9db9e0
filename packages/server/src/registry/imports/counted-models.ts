import { sql } from 'kysely';
import type { SqlReader } from '../../storage/sql/sql-database.ts';

interface CountedModel {
  readonly id: string;
  readonly counts: Readonly<Record<string, number>>;
}

interface Tables {
  registered_models: { workspace: string; name: string };
}

/** Registered models that the workspace has, at most 1000, each with how much hangs on it; the id is the name. */
export async function countModels(
  reader: SqlReader,
  workspace: string,
  names: readonly string[],
): Promise<readonly CountedModel[]> {
  if (names.length === 0) return [];
  const there = await reader
    .query<Tables>()
    .selectFrom('registered_models')
    .select('name')
    .where('workspace', '=', workspace)
    .where('name', 'in', names)
    .execute();
  const counted = new Map<string, Record<string, number>>(there.map(({ name }) => [name, {}]));
  for (const [what, table] of Object.entries(belongings)) {
    const standing = table === 'model_versions' ? sql`and deleted_at is null` : sql``;
    const { rows } = await sql<{ model: string; count: number }>`
      select model, count(*) as count from ${sql.table(table)}
      where workspace = ${workspace} and model in (${sql.join(names)}) ${standing}
      group by model`.execute(reader.query());
    for (const { model, count } of rows) {
      const counts = counted.get(model);
      if (counts !== undefined) counts[what] = Number(count);
    }
  }
  return Array.from(counted, ([id, counts]) => ({ id, counts }));
}

const belongings = {
  tags: 'registered_model_tags',
  aliases: 'model_aliases',
  versions: 'model_versions',
  versionTags: 'model_version_tags',
} as const;
