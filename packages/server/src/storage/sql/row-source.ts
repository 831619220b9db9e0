import { type RawBuilder, sql } from 'kysely';

/** Columns of rows that one statement writes, in the order of the values. */
export type RowColumns = Readonly<Record<string, 'text' | 'bigint' | 'double precision'>>;

export type RowValues = readonly (string | number | null)[];

/**
 * Rows as a statement sees them. It reads `insert into t (a) select ${source.value('a')} ${source.from} where true …` or
 * `update t set a = ${source.value('a')} ${source.from} where …`, and is right whether it is run for each row or once for
 * all.
 */
export interface RowSource {
  value(column: string): RawBuilder<unknown>;
  /** The next position of a table for this row, see `SqlTransaction.nextPosition`; rows get theirs in their order. */
  nextPosition(table: string): RawBuilder<number>;
  readonly from: RawBuilder<unknown>;
}

/** Stands for a column's value among the parameters of a statement that is run for each row. */
interface RowParameter {
  readonly [rowParameter]: number;
}

const rowParameter = Symbol('row parameter');
/** Stands where the rows of `valuesSource` come. */
const rowsHere = '/* rows */';
const rowsParameter = { rows: true };
// No column of a table has the name.
const rowNumber = 'row number';

/** A source whose values are parameters, to be filled for each row by `parametersOfRow`. */
export function parameterSource(
  columns: RowColumns,
  nextPosition: (table: string) => RawBuilder<number>,
): RowSource {
  const names = Object.keys(columns);
  return {
    value: (column) => sql`${{ [rowParameter]: indexOf(names, column) }}`,
    nextPosition,
    from: sql``,
  };
}

/**
 * A source that is a list of so many rows, whose values are parameters. The statement is completed by `withRows`, so that its
 * text is made without an expression for each value.
 */
export function valuesSource(columns: RowColumns): RowSource {
  const names = Object.keys(columns);
  return {
    value: (column) => sql.ref(`source.column${indexOf(names, column) + 1}`),
    nextPosition() {
      throw new Error('Positions are given to one row at a time.');
    },
    from: sql`from (values ${sql.raw(rowsHere)}${rowsParameter}) as source`,
  };
}

/** The text of a statement over `valuesSource` for a number of rows. */
export function textWithRows(text: string, columns: RowColumns, rows: number): string {
  const row = `(${Object.keys(columns)
    .map(() => '?')
    .join(', ')})`;
  return text.replace(`${rowsHere}?`, () => Array.from({ length: rows }, () => row).join(', '));
}

/** Its parameters. */
export function parametersWithRows(parameters: readonly unknown[], rows: readonly RowValues[]): unknown[] {
  return parameters.flatMap((parameter) => (parameter === rowsParameter ? rows.flat() : [parameter]));
}

/** The parameters of a statement over `parameterSource` for one row. */
export function parametersOfRow(parameters: readonly unknown[], row: RowValues): unknown[] {
  return parameters.map((parameter) =>
    isRowParameter(parameter) ? row[parameter[rowParameter]] : parameter,
  );
}

function isRowParameter(parameter: unknown): parameter is RowParameter {
  return typeof parameter === 'object' && parameter !== null && rowParameter in parameter;
}

/**
 * A source that is a relation of arrays, one for each column, so that one statement writes all rows. `positionOf` gives the
 * position of the row whose number, from 1, the expression reads.
 */
export function arraySource(
  columns: RowColumns,
  rows: readonly RowValues[],
  positionOf: (table: string, row: RawBuilder<number>) => RawBuilder<number>,
): RowSource {
  const names = Object.keys(columns);
  const arrays = Object.values(columns).map(
    (type, index) => sql`${rows.map((row) => row[index])}::${sql.raw(type)}[]`,
  );
  return {
    value: (column) => sql.ref(`source.${names[indexOf(names, column)]}`),
    nextPosition: (table) => positionOf(table, sql.ref(`source.${rowNumber}`)),
    from: sql`from unnest(${sql.join(arrays)}) with ordinality as source(${sql.join([...names, rowNumber].map((name) => sql.ref(name)))})`,
  };
}

function indexOf(names: readonly string[], column: string): number {
  const index = names.indexOf(column);
  if (index < 0) throw new Error(`The rows have no column ${column}.`);
  return index;
}
