import { esteiraError } from '../../kernel/errors.ts';
import { type Page, type PageRequest, pagesById } from '../../kernel/paging.ts';
import { newestFirst } from '../../storage/sql/newest-first.ts';
import type { SqlReader, SqlTransaction } from '../../storage/sql/sql-database.ts';
import type { Column } from '../column.ts';
import type { CsvDialect } from './csv-file.ts';

/** An uploaded file as it came, readable and not empty; versions are made of such files. */
export interface LandedFile {
  readonly id: string;
  readonly datasetId: string;
  readonly fileName: string;
  readonly format: 'parquet' | 'csv';
  readonly digest: string;
  readonly size: number;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly csv: CsvDialect | undefined;
  readonly landedAt: number;
  readonly landedBy: string;
}

interface LandedFileRow {
  id: string;
  workspace: string;
  dataset_id: string;
  file_name: string;
  format: string;
  digest: string;
  size: number;
  row_count: number;
  columns: string;
  csv: string | null;
  landed_at: number;
  landed_by: string;
}

interface Tables {
  landed_files: LandedFileRow;
}

export async function insertLandedFile(
  tx: SqlTransaction,
  workspace: string,
  file: LandedFile,
): Promise<void> {
  await tx
    .query<Tables>()
    .insertInto('landed_files')
    .values({
      id: file.id,
      workspace,
      dataset_id: file.datasetId,
      file_name: file.fileName,
      format: file.format,
      digest: file.digest,
      size: file.size,
      row_count: file.rows,
      columns: JSON.stringify(file.columns),
      csv: file.csv === undefined ? null : JSON.stringify(file.csv),
      landed_at: file.landedAt,
      landed_by: file.landedBy,
    })
    .execute();
}

export async function findLandedFileByDigest(
  sql: SqlReader,
  datasetId: string,
  digest: string,
): Promise<LandedFile | undefined> {
  const row = await sql
    .query<Tables>()
    .selectFrom('landed_files')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row === undefined ? undefined : toLandedFile(row);
}

/** The files of the ids in that order, or all files of the dataset. Throws DATASET_FILE_NOT_FOUND. */
export async function chosenFiles(
  sql: SqlReader,
  dataset: { readonly id: string; readonly name: string },
  ids: readonly string[] | undefined,
): Promise<readonly LandedFile[]> {
  const rows = await sql
    .query<Tables>()
    .selectFrom('landed_files')
    .selectAll()
    .where('dataset_id', '=', dataset.id)
    .orderBy('id')
    .execute();
  if (ids === undefined) return rows.map(toLandedFile);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return [...new Set(ids)].map((id) => {
    const row = byId.get(id);
    if (row === undefined) throw esteiraError('DATASET_FILE_NOT_FOUND', { dataset: dataset.name, id });
    return toLandedFile(row);
  });
}

const pages = pagesById('landed-files');

export async function listLandedFiles(
  sql: SqlReader,
  datasetId: string,
  page: PageRequest,
): Promise<Page<LandedFile>> {
  const query = sql
    .query<Tables>()
    .selectFrom('landed_files')
    .selectAll()
    .where('dataset_id', '=', datasetId);
  const place = { ...pages.before(page.cursor), limit: page.limit + 1 };
  return pages.of(await newestFirst(query, place).execute(), page.limit, toLandedFile);
}

function toLandedFile(row: LandedFileRow): LandedFile {
  return {
    id: row.id,
    datasetId: row.dataset_id,
    fileName: row.file_name,
    format: row.format as LandedFile['format'],
    digest: row.digest,
    size: row.size,
    rows: row.row_count,
    columns: JSON.parse(row.columns) as readonly Column[],
    csv: row.csv === null ? undefined : (JSON.parse(row.csv) as CsvDialect),
    landedAt: row.landed_at,
    landedBy: row.landed_by,
  };
}
