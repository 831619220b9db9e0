import { esteiraError } from '../kernel/errors.ts';
import { type Page, type PageRequest, pagesById } from '../kernel/paging.ts';
import { newestFirst } from '../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../storage/sql/sql-database.ts';

/** A named table that grows by versions. */
export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly project: string | undefined;
  readonly description: string;
  /** The contract version that ingestion uses. */
  readonly contractVersion: number | undefined;
  readonly createdAt: number;
  readonly createdBy: string;
}

interface DatasetRow {
  id: string;
  workspace: string;
  name: string;
  project: string | null;
  description: string;
  contract_version: number | null;
  created_at: number;
  created_by: string;
}

interface Tables {
  datasets: DatasetRow;
}

export async function insertDataset(tx: SqlTransaction, workspace: string, dataset: Dataset): Promise<void> {
  await tx
    .query<Tables>()
    .insertInto('datasets')
    .values({
      id: dataset.id,
      workspace,
      name: dataset.name,
      project: dataset.project ?? null,
      description: dataset.description,
      contract_version: dataset.contractVersion ?? null,
      created_at: dataset.createdAt,
      created_by: dataset.createdBy,
    })
    .execute();
}

export async function bindContract(
  tx: SqlTransaction,
  workspace: string,
  id: string,
  version: number,
): Promise<void> {
  await tx
    .query<Tables>()
    .updateTable('datasets')
    .set({ contract_version: version })
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .execute();
}

export async function findDataset(
  sql: SqlReader,
  workspace: string,
  name: string,
): Promise<Dataset | undefined> {
  const row = await sql
    .query<Tables>()
    .selectFrom('datasets')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? undefined : toDataset(row);
}

/** Throws DATASET_NOT_FOUND. */
export async function existingDataset(sql: SqlReader, workspace: string, name: string): Promise<Dataset> {
  const dataset = await findDataset(sql, workspace, name);
  if (dataset === undefined) throw esteiraError('DATASET_NOT_FOUND', { name });
  return dataset;
}

/** The dataset of an id that another row of the same workspace holds. */
export async function datasetById(sql: SqlReader, workspace: string, id: string): Promise<Dataset> {
  const row = await sql
    .query<Tables>()
    .selectFrom('datasets')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw esteiraError('DATASET_NOT_FOUND', { name: id });
  return toDataset(row);
}

const pages = pagesById('datasets');

export async function listDatasets(
  sql: SqlReader,
  workspace: string,
  project: string | undefined,
  page: PageRequest,
): Promise<Page<Dataset>> {
  let query = sql.query<Tables>().selectFrom('datasets').selectAll().where('workspace', '=', workspace);
  if (project !== undefined) query = query.where('project', '=', project);
  const place = { ...pages.before(page.cursor), limit: page.limit + 1 };
  return pages.of(await newestFirst(query, place).execute(), page.limit, toDataset);
}

function toDataset(row: DatasetRow): Dataset {
  return {
    id: row.id,
    name: row.name,
    project: row.project ?? undefined,
    description: row.description,
    contractVersion: row.contract_version ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
