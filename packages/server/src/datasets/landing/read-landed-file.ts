import { open } from 'node:fs/promises';
import { esteiraError } from '../../kernel/errors.ts';
import { engineMessage, quoteLiteral, type TableEngine } from '../../storage/tables/table-engine.ts';
import { type Column, columnOf } from '../column.ts';
import { type CsvDialect, csvTable, inferredColumns, readCsvHeader, typeInferenceSql } from './csv-file.ts';

/** What an uploaded file holds. */
export interface FileContent {
  readonly format: 'parquet' | 'csv';
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly csv: CsvDialect | undefined;
}

const parquetMagic = 'PAR1';
const longestHeader = 1 << 20;

/**
 * Reads a file whole, so that damage anywhere in it is found now. Its first bytes say what it is; `hint` only shapes the
 * message about a file that is neither. Throws DATASET_FILE_UNREADABLE, DATASET_FILE_EMPTY, DATASET_ROW_BROKEN,
 * DATASET_COLUMN_TWICE, DATASET_COLUMN_UNNAMED.
 */
export async function readLandedFile(
  tables: TableEngine,
  path: string,
  name: { fileName: string; hint: 'parquet' | 'csv' | undefined },
): Promise<FileContent> {
  const { fileName } = name;
  const { head, tail, size } = await readEnds(path);
  if (size === 0) throw esteiraError('DATASET_FILE_EMPTY', { fileName });
  if (head.subarray(0, 4).toString('latin1') === parquetMagic) {
    if (size < 12 || tail.toString('latin1') !== parquetMagic) {
      throw unreadable(fileName, 'Parquet', 'its end is missing');
    }
    return readParquet(tables, path, fileName);
  }
  if (name.hint === 'parquet') throw unreadable(fileName, 'Parquet', 'it does not begin like a Parquet file');
  return readCsv(tables, path, fileName, head);
}

/** SQL of a landed file for a FROM clause. */
export function landedTable(path: string, content: Pick<FileContent, 'columns' | 'csv'>): string {
  return content.csv === undefined
    ? `read_parquet(${quoteLiteral(path)})`
    : csvTable(path, content.csv, content.columns);
}

async function readParquet(tables: TableEngine, path: string, fileName: string): Promise<FileContent> {
  const file = quoteLiteral(path);
  try {
    const schema = await tables.query(`SELECT name, num_children FROM parquet_schema(${file})`);
    refuseBadNames(topLevelNames(schema), fileName);
    const described = await tables.query(`DESCRIBE SELECT * FROM read_parquet(${file})`);
    const columns = described.map((row) => columnOf(String(row.column_name), String(row.column_type)));
    // The hash makes the engine decode every page; a count alone would read the footer.
    const [row] = await tables.query(
      `SELECT count(*) AS total, bit_xor(hash(landed_rows)) AS mark FROM read_parquet(${file}) AS landed_rows`,
    );
    const rows = Number(row?.total);
    if (rows === 0) throw esteiraError('DATASET_FILE_EMPTY', { fileName });
    return { format: 'parquet', rows, columns, csv: undefined };
  } catch (error) {
    const message = engineMessage(error);
    if (message === undefined) throw error;
    throw unreadable(fileName, 'Parquet', 'its content is damaged', error);
  }
}

async function readCsv(
  tables: TableEngine,
  path: string,
  fileName: string,
  head: Buffer,
): Promise<FileContent> {
  if (head.includes(0)) throw unreadable(fileName, 'CSV', 'it is not text in UTF-8');
  const dialect = readCsvHeader(`${head.toString('utf8')}${head.length < longestHeader ? '\n' : ''}`);
  if (dialect === undefined) throw unreadable(fileName, 'CSV', 'its first line does not end');
  refuseBadNames(dialect.names, fileName);
  try {
    const [answer] = await tables.query(typeInferenceSql(path, dialect));
    const rows = Number(answer?.total);
    if (answer === undefined || rows === 0) throw esteiraError('DATASET_FILE_EMPTY', { fileName });
    return { format: 'csv', rows, columns: inferredColumns(dialect, answer), csv: dialect };
  } catch (error) {
    const message = engineMessage(error);
    if (message === undefined) throw error;
    const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
    const problem = rowProblem(message);
    if (line === undefined) throw unreadable(fileName, 'CSV', problem, error);
    throw esteiraError('DATASET_ROW_BROKEN', { fileName, line: Number(line), problem }, error);
  }
}

function rowProblem(message: string): string {
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (counts !== null) return `it has ${counts[2]} values, the first line names ${counts[1]} columns`;
  if (message.includes('unterminated quote'))
    return 'a quote is opened and never closed, or closed inside a value';
  if (message.includes('unicode')) return 'it is not text in UTF-8';
  if (message.includes('Maximum line size')) return 'it is longer than the 2 MB that a line may have';
  return 'it cannot be cut into values';
}

function refuseBadNames(names: readonly string[], fileName: string): void {
  const seen = new Set<string>();
  for (const [index, column] of names.entries()) {
    if (column.trim() === '') throw esteiraError('DATASET_COLUMN_UNNAMED', { fileName, position: index + 1 });
    const key = column.toLowerCase();
    if (seen.has(key)) throw esteiraError('DATASET_COLUMN_TWICE', { fileName, column });
    seen.add(key);
  }
}

/** The children of the root in the flattened tree of a Parquet schema. */
function topLevelNames(schema: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const names: string[] = [];
  let position = 1;
  while (position < schema.length) {
    names.push(String(schema[position]?.name));
    let open = 1;
    while (open > 0 && position < schema.length) {
      open += Number(schema[position]?.num_children ?? 0) - 1;
      position++;
    }
  }
  return names;
}

async function readEnds(path: string): Promise<{ head: Buffer; tail: Buffer; size: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, longestHeader));
    await file.read(head, 0, head.length, 0);
    const tail = Buffer.alloc(Math.min(size, 4));
    await file.read(tail, 0, tail.length, size - tail.length);
    return { head, tail, size };
  } finally {
    await file.close();
  }
}

function unreadable(fileName: string, format: string, problem: string, cause?: unknown): Error {
  return esteiraError('DATASET_FILE_UNREADABLE', { fileName, format, problem }, cause);
}
