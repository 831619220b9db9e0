import { esteiraError } from '../kernel/errors.ts';
import { parseJson } from '../kernel/parse-json.ts';
import type { ColumnSchema, TableSchema } from './table-schema.ts';

export type ColumnValue = string | number | null;

/**
 * The one text of a row, whatever engine it lies in: a JSON array of its values in the order of the columns. Numbers have
 * the shortest form that reads back as the same (ECMA-262, Number::toString), with `-0` kept; NaN and the infinities, for
 * which JSON has no number, are the texts "NaN", "Infinity" and "-Infinity" in a column of doubles. Throws
 * VALUE_NOT_PORTABLE for what the column's type cannot hold.
 */
export function encodeRow(table: TableSchema, values: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < table.columns.length; index++) {
    const column = table.columns[index] as ColumnSchema;
    if (index > 0) text += ',';
    text += encodeValue(table, column, values[index]);
  }
  return `${text}]`;
}

function encodeValue(table: TableSchema, column: ColumnSchema, value: unknown): string {
  if (value === null && column.nullable) return 'null';
  if (column.type === 'text') {
    if (typeof value === 'string') return JSON.stringify(value);
  } else if (typeof value === 'number') {
    if (column.type === 'double') return encodeDouble(value);
    if (Number.isSafeInteger(value)) return String(value);
  }
  throw notPortable(table, column, `${typeof value} does not belong in a column of the type ${column.type}`);
}

function encodeDouble(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

/** The values of a row's text; undefined when it is not the text of such a row. */
export function decodeRow(table: TableSchema, text: string): ColumnValue[] | undefined {
  const values: unknown = parseJson(text);
  if (!Array.isArray(values) || values.length !== table.columns.length) return undefined;
  for (let index = 0; index < values.length; index++) {
    const { type } = table.columns[index] as ColumnSchema;
    const value: unknown = values[index];
    if (value === null || typeof value === (type === 'text' ? 'string' : 'number')) continue;
    const named = type === 'double' ? namedDouble(value) : undefined;
    if (named === undefined) return undefined;
    values[index] = named;
  }
  return values as ColumnValue[];
}

function namedDouble(value: unknown): number | undefined {
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  return undefined;
}

/** What an engine makes of values that it has no room for. */
export interface ValueLimits {
  /** Doubles keep NaN and the sign of zero. */
  readonly exactDoubles: boolean;
  /** Text may hold U+0000. */
  readonly zeroCharacters: boolean;
}

/** SQLite stores NaN as null and has one zero (https://sqlite.org/quirks.html); PostgreSQL's text ends at U+0000. */
export const valueLimits: Readonly<Record<string, ValueLimits>> = {
  sqlite: { exactDoubles: false, zeroCharacters: true },
  postgres: { exactDoubles: true, zeroCharacters: false },
};

/**
 * The row as an engine will hold it; the same array when nothing has to change. Throws VALUE_NOT_PORTABLE where nothing
 * near enough can be held.
 */
export function fitRow(table: TableSchema, values: ColumnValue[], limits: ValueLimits): ColumnValue[] {
  let fitted = values;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'string') {
      if (limits.zeroCharacters || !value.includes('\0')) continue;
      throw notPortable(table, table.columns[index] as ColumnSchema, 'its text holds the character U+0000');
    }
    if (limits.exactDoubles || value === null || value === undefined) continue;
    if (!Number.isNaN(value) && !Object.is(value, -0)) continue;
    const column = table.columns[index] as ColumnSchema;
    if (Number.isNaN(value) && !column.nullable) throw notPortable(table, column, 'it is NaN');
    if (fitted === values) fitted = [...values];
    fitted[index] = Number.isNaN(value) ? null : 0;
  }
  return fitted;
}

function notPortable(table: TableSchema, column: ColumnSchema, problem: string): Error {
  return esteiraError('VALUE_NOT_PORTABLE', { table: table.name, column: column.name, problem });
}
