import { quoteIdentifier } from '../storage/tables/table-engine.ts';

type ColumnKind =
  | 'integer'
  | 'number'
  | 'string'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'time'
  | 'array'
  | 'object'
  | 'binary'
  | 'other';

/** A column of a table: its SQL type as the table engine names it, and the kind of value that type holds. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly kind: ColumnKind;
}

export function columnOf(name: string, type: string): Column {
  return { name, type, kind: kindOf(type) };
}

/** The column as a number in SQL (times in milliseconds since 1970), or undefined when it has no such value. */
export function numericExpression(column: Column): string | undefined {
  const name = quoteIdentifier(column.name);
  if (column.kind === 'integer' || column.kind === 'number') return `CAST(${name} AS DOUBLE)`;
  if (column.kind === 'timestamp') return `CAST(epoch_ms(${name}) AS DOUBLE)`;
  if (column.kind === 'date') return `CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE)`;
  return undefined;
}

function kindOf(type: string): ColumnKind {
  if (type.endsWith(']')) return 'array';
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE|DECIMAL\b.*)$/.test(type)) return 'number';
  if (/^(VARCHAR|UUID|ENUM\b.*)$/.test(type)) return 'string';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'DATE') return 'date';
  if (type.startsWith('TIMESTAMP')) return 'timestamp';
  if (type.startsWith('TIME')) return 'time';
  if (/^(STRUCT|MAP|UNION|JSON|VARIANT)\b/.test(type)) return 'object';
  return type === 'BLOB' ? 'binary' : 'other';
}
