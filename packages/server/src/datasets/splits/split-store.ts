import { esteiraError } from '../../kernel/errors.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { SplitRecord } from './split-record.ts';

/** A version's rows told apart for training, validation and test; it never changes. */
export interface Split extends SplitRecord {
  readonly id: string;
  readonly datasetVersionId: string;
  /** Of the version's digest, the recipe and the parts' digests. */
  readonly digest: string;
  readonly recipeDigest: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

interface SplitRow {
  id: string;
  workspace: string;
  version_id: string;
  recipe_digest: string;
  digest: string;
  record: string;
  created_at: number;
  created_by: string;
}

interface Tables {
  dataset_splits: SplitRow;
}

export async function insertSplit(tx: SqlTransaction, workspace: string, split: Split): Promise<void> {
  const { recipe, parts, leakage, rowsWithoutTime } = split;
  const record: SplitRecord = { recipe, parts, leakage, rowsWithoutTime };
  await tx
    .query<Tables>()
    .insertInto('dataset_splits')
    .values({
      id: split.id,
      workspace,
      version_id: split.datasetVersionId,
      recipe_digest: split.recipeDigest,
      digest: split.digest,
      record: JSON.stringify(record),
      created_at: split.createdAt,
      created_by: split.createdBy,
    })
    .execute();
}

export async function findSplitByRecipe(
  sql: SqlReader,
  versionId: string,
  recipeDigest: string,
): Promise<Split | undefined> {
  const row = await sql
    .query<Tables>()
    .selectFrom('dataset_splits')
    .selectAll()
    .where('version_id', '=', versionId)
    .where('recipe_digest', '=', recipeDigest)
    .executeTakeFirst();
  return row === undefined ? undefined : toSplit(row);
}

/** Throws SPLIT_NOT_FOUND. */
export async function existingSplit(sql: SqlReader, workspace: string, id: string): Promise<Split> {
  const row = await sql
    .query<Tables>()
    .selectFrom('dataset_splits')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw esteiraError('SPLIT_NOT_FOUND', { id });
  return toSplit(row);
}

function toSplit(row: SplitRow): Split {
  return {
    ...(JSON.parse(row.record) as SplitRecord),
    id: row.id,
    datasetVersionId: row.version_id,
    digest: row.digest,
    recipeDigest: row.recipe_digest,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
