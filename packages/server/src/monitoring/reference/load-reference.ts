import { quoteIdentifier, type TableEngine } from '../../storage/tables/table-engine.ts';
import type { OpenReference } from './open-reference.ts';
import type { ReferenceRows } from './profile-reference.ts';

// More rows hardly sharpen a profile of 4096 cells, and must fit into memory as columns.
const mostRows = 200_000;

/** Reads columns of the reference; of a large one every k-th row, so that all of its time is covered. */
export async function loadReference(
  tables: Pick<TableEngine, 'query' | 'numericColumns'>,
  reference: OpenReference,
  columns: readonly string[],
  limit: number = mostRows,
): Promise<ReferenceRows & { readonly rows: number }> {
  const [counted] = await tables.query(`SELECT count(*) AS rows FROM ${reference.from}`);
  const step = Math.max(1, Math.ceil(Number(counted?.rows ?? 0) / limit));
  const from =
    step === 1
      ? reference.from
      : `(SELECT * FROM (SELECT *, row_number() OVER () AS esteira_row FROM ${reference.from}) WHERE esteira_row % ${step} = 0)`;
  const kinds = new Map(reference.columns.map((column) => [column.name, column.kind]));
  const texts = columns.filter((name) => kinds.get(name) === 'string');
  const numbers = columns.filter((name) => kinds.get(name) !== 'string');
  const { timeColumn } = reference;
  const wanted = [...numbers, ...(timeColumn === undefined ? [] : [timeColumn])].map((name, index) => ({
    name,
    alias: `c${index}`,
  }));
  const list = wanted.map(({ name, alias }) => `${quoteIdentifier(name)} AS ${alias}`);
  // The constant keeps the rows counted where no column is a number.
  const read = await tables.numericColumns(
    `SELECT ${[...list, '0 AS esteira_rows'].join(', ')} FROM ${from}`,
  );
  const rows = read.get('esteira_rows')?.length ?? 0;
  const column = (position: number): Float64Array => read.get(`c${position}`) ?? new Float64Array(rows);
  const text = new Map<string, readonly (string | null)[]>();
  for (const name of texts) text.set(name, await readText(tables, from, name));
  return {
    rows,
    numeric: new Map(numbers.map((name, index) => [name, column(index)])),
    text,
    times: timeColumn === undefined ? null : column(numbers.length),
  };
}

async function readText(
  tables: Pick<TableEngine, 'query'>,
  from: string,
  name: string,
): Promise<readonly (string | null)[]> {
  const rows = await tables.query(`SELECT CAST(${quoteIdentifier(name)} AS VARCHAR) AS value FROM ${from}`);
  return rows.map(({ value }) => (typeof value === 'string' ? value : null));
}
