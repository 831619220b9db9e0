import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

interface DefinitionTable {
  feature_definitions: {
    workspace: string;
    kind: string;
    name: string;
    version: number;
    digest: string;
    body: string;
    created_at: number;
  };
}

export type DefinitionKind = 'entity' | 'feature-view' | 'feature-service';

/** A definition as stored: the body is what its author wrote, after parsing. */
export interface Definition<Body> {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly createdAt: number;
  readonly body: Body;
}

export async function insertDefinition(
  tx: SqlTransaction,
  workspace: string,
  kind: DefinitionKind,
  definition: Definition<unknown>,
): Promise<void> {
  await tx
    .query<DefinitionTable>()
    .insertInto('feature_definitions')
    .values({
      workspace,
      kind,
      name: definition.name,
      version: definition.version,
      digest: definition.digest,
      body: JSON.stringify(definition.body),
      created_at: definition.createdAt,
    })
    .execute();
}

/** The newest version of a definition. */
export async function findDefinition<Body>(
  sql: SqlReader,
  workspace: string,
  kind: DefinitionKind,
  name: string,
): Promise<Definition<Body> | undefined> {
  const row = await sql
    .query<DefinitionTable>()
    .selectFrom('feature_definitions')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .where('name', '=', name)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toDefinition<Body>(row);
}

/** The newest version of every definition of a kind, by name. */
export async function listDefinitions<Body>(
  sql: SqlReader,
  workspace: string,
  kind: DefinitionKind,
  page: { after?: string | undefined; limit: number },
): Promise<readonly Definition<Body>[]> {
  let query = sql
    .query<DefinitionTable>()
    .selectFrom('feature_definitions as one')
    .selectAll('one')
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('feature_definitions as later')
            .select('later.version')
            .whereRef('later.workspace', '=', 'one.workspace')
            .whereRef('later.kind', '=', 'one.kind')
            .whereRef('later.name', '=', 'one.name')
            .whereRef('later.version', '>', 'one.version'),
        ),
      ),
    );
  if (page.after !== undefined) query = query.where('name', '>', page.after);
  const rows = await query.orderBy('name').limit(page.limit).execute();
  return rows.map((row) => toDefinition<Body>(row));
}

function toDefinition<Body>(row: DefinitionTable['feature_definitions']): Definition<Body> {
  return {
    name: row.name,
    version: row.version,
    digest: row.digest,
    createdAt: row.created_at,
    body: JSON.parse(row.body) as Body,
  };
}
