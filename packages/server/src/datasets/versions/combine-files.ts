import { esteiraError } from '../../kernel/errors.ts';
import { quoteIdentifier } from '../../storage/tables/table-engine.ts';
import { type Column, columnOf } from '../column.ts';
import { parseTime, timeLiteral } from '../time-bound.ts';

/** A landed file to combine with others. */
export interface SourceTable {
  readonly fileName: string;
  readonly format: 'parquet' | 'csv';
  readonly columns: readonly Column[];
  /** SQL for a FROM clause. */
  readonly from: string;
}

export interface TimeWindow {
  readonly column: string;
  readonly from?: string | number | undefined;
  readonly to?: string | number | undefined;
}

/**
 * The columns that all files share, in the order of the first. Integers and decimals of CSV files, whose types are only
 * inferred, meet in DOUBLE. Throws DATASET_SCHEMA_MISMATCH, naming the first column that differs.
 */
export function commonColumns(sources: readonly SourceTable[]): readonly Column[] {
  const [first, ...others] = sources;
  if (first === undefined) return [];
  let columns = first.columns;
  for (const source of others) {
    const byName = new Map(source.columns.map((column) => [column.name, column]));
    columns = columns.map((column) => {
      const found = byName.get(column.name);
      const type = found === undefined ? undefined : commonType(column, found, first, source);
      if (type === undefined) throw mismatch(column.name, found?.type, source, column.type, first);
      return type === column.type ? column : columnOf(column.name, type);
    });
    const known = new Set(columns.map((column) => column.name));
    const extra = source.columns.find((column) => !known.has(column.name));
    if (extra !== undefined) throw mismatch(extra.name, extra.type, source, undefined, first);
  }
  return columns;
}

/** SQL of all rows of the files, in the common columns. */
export function combinedSql(sources: readonly SourceTable[], columns: readonly Column[]): string {
  const parts = sources.map((source) => {
    const types = new Map(source.columns.map((column) => [column.name, column.type]));
    const selected = columns.map(({ name, type }) => {
      const column = quoteIdentifier(name);
      return types.get(name) === type ? column : `CAST(${column} AS ${type}) AS ${column}`;
    });
    return `SELECT ${selected.join(', ')} FROM ${source.from}`;
  });
  return parts.join('\nUNION ALL\n');
}

/**
 * SQL that is true inside the window: `from` is the first value in it, `to` the first after it. Rows whose value is null or
 * (in a column of texts) no time stay inside, so that the contract sees them instead of their vanishing.
 * Throws DATASET_COLUMN_UNKNOWN, DATASET_WINDOW_INVALID.
 */
export function windowSql(window: TimeWindow, columns: readonly Column[]): string {
  const column = columns.find((candidate) => candidate.name === window.column);
  if (column === undefined) {
    const known = columns.map((candidate) => candidate.name).join(', ');
    throw esteiraError('DATASET_COLUMN_UNKNOWN', { column: window.column, columns: known });
  }
  const name = quoteIdentifier(column.name);
  const value = column.kind === 'string' ? `TRY_CAST(${name} AS TIMESTAMP)` : name;
  const from = window.from === undefined ? undefined : boundOf(window.from, column);
  const to = window.to === undefined ? undefined : boundOf(window.to, column);
  if (from !== undefined && to !== undefined && from.value >= to.value) throw invalidBound(window.to, column);
  const conditions: string[] = [];
  if (from !== undefined) conditions.push(`${value} >= ${from.sql}`);
  if (to !== undefined) conditions.push(`${value} < ${to.sql}`);
  return conditions.length === 0 ? 'true' : `(${value} IS NULL OR (${conditions.join(' AND ')}))`;
}

/**
 * The order of rows in a version: by its first column of times, then by every column. It follows from the schema alone, so
 * that equal rows give equal files.
 */
export function canonicalOrder(columns: readonly Column[]): string {
  const time = columns.find((column) => column.kind === 'timestamp' || column.kind === 'date');
  const ordered = time === undefined ? columns : [time, ...columns.filter((column) => column !== time)];
  return ordered.map((column) => quoteIdentifier(column.name)).join(', ');
}

function commonType(a: Column, b: Column, first: SourceTable, other: SourceTable): string | undefined {
  if (a.type === b.type) return a.type;
  const inferred = first.format === 'csv' && other.format === 'csv';
  const types = new Set([a.type, b.type]);
  return inferred && types.has('BIGINT') && types.has('DOUBLE') ? 'DOUBLE' : undefined;
}

function mismatch(
  column: string,
  found: string | undefined,
  source: SourceTable,
  expected: string | undefined,
  first: SourceTable,
): Error {
  return esteiraError('DATASET_SCHEMA_MISMATCH', {
    column,
    found: found ?? 'missing',
    fileName: source.fileName,
    expected: expected ?? 'missing',
    otherFile: first.fileName,
  });
}

function boundOf(bound: string | number, column: Column): { value: number; sql: string } {
  if (column.kind === 'integer' || column.kind === 'number') {
    if (typeof bound !== 'number') throw invalidBound(bound, column);
    return { value: bound, sql: String(bound) };
  }
  const instant = typeof bound === 'number' ? Math.round(bound) : parseTime(bound);
  const temporal = column.kind === 'timestamp' || column.kind === 'date' || column.kind === 'string';
  if (instant === undefined || !temporal) throw invalidBound(bound, column);
  return { value: instant, sql: timeLiteral(column, instant) };
}

function invalidBound(bound: string | number | undefined, column: Column): Error {
  return esteiraError('DATASET_WINDOW_INVALID', {
    bound: bound ?? null,
    column: column.name,
    type: column.type,
  });
}
