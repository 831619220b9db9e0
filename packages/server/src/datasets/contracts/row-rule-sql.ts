import { quoteIdentifier, quoteLiteral } from '../../storage/tables/table-engine.ts';
import type { Column } from '../column.ts';
import { parseTime, timeLiteral } from '../time-bound.ts';
import type { LogicalType, RowRule } from './contract-rules.ts';

/** SQL that is true for the rows that break the rule. `column` is the rule's column, which exists. */
export function failingRowsSql(rule: RowRule, column: Column | undefined): string {
  // On a line of its own, so that a comment at its end cannot swallow the bracket.
  if (rule.kind === 'expression') return `NOT (\n${rule.expression}\n)`;
  if (column === undefined) throw new Error(`The rule ${rule.kind} needs its column.`);
  const name = quoteIdentifier(column.name);
  switch (rule.kind) {
    case 'type':
      return wrongTypeSql(rule.logicalType, column);
    case 'present':
      return `${name} IS NULL`;
    case 'not-missing': {
      const listed = `${textOf(column)} IN (${rule.values
        .filter((value) => value !== null)
        .map(asText)
        .join(', ')})`;
      if (!rule.values.includes(null)) return listed;
      return rule.values.length === 1 ? `${name} IS NULL` : `(${name} IS NULL OR ${listed})`;
    }
    case 'one-of':
      return notOneOfSql(rule.values, column);
    case 'pattern':
      return `NOT regexp_matches(${textOf(column)}, ${quoteLiteral(rule.pattern)})`;
    case 'format':
      return wrongFormatSql(rule.format, column);
    case 'bound':
      return outOfBoundSql(rule.bound, rule.limit, column);
    case 'length':
      return `${lengthOf(column)} ${rule.bound === 'min' ? '<' : '>'} ${rule.limit}`;
    case 'multiple-of':
      return `abs(${numberOf(column)} / ${rule.of} - round(${numberOf(column)} / ${rule.of})) > 1e-9`;
    case 'unique-items':
      return column.kind === 'array' ? `len(${name}) <> len(list_distinct(${name}))` : `${name} IS NOT NULL`;
  }
}

/** True when the column's own type already holds values of the logical type. */
export function storesType(logicalType: LogicalType, column: Column): boolean {
  if (logicalType === column.kind) return true;
  if (logicalType === 'integer' || logicalType === 'number')
    return column.kind === 'number' || column.kind === 'integer';
  if (logicalType === 'timestamp' || logicalType === 'date')
    return column.kind === 'date' || column.kind === 'timestamp';
  return false;
}

export function numberOf(column: Column): string {
  const name = quoteIdentifier(column.name);
  return column.kind === 'integer' || column.kind === 'number' ? name : `TRY_CAST(${name} AS DOUBLE)`;
}

function textOf(column: Column): string {
  const name = quoteIdentifier(column.name);
  return column.type === 'VARCHAR' ? name : `CAST(${name} AS VARCHAR)`;
}

function asText(value: string | number | boolean | null): string {
  return quoteLiteral(String(value));
}

function lengthOf(column: Column): string {
  return column.kind === 'array' ? `len(${quoteIdentifier(column.name)})` : `length(${textOf(column)})`;
}

function wrongTypeSql(logicalType: LogicalType, column: Column): string {
  const name = quoteIdentifier(column.name);
  if (storesType(logicalType, column)) {
    if (logicalType === 'integer' && column.kind === 'number') return `${name} <> trunc(${name})`;
    if (logicalType === 'date' && column.kind === 'timestamp') return `${name} <> date_trunc('day', ${name})`;
    return 'false';
  }
  if (column.kind !== 'string') return `${name} IS NOT NULL`;
  switch (logicalType) {
    case 'integer':
      return `NOT regexp_full_match(${textOf(column)}, '[+-]?[0-9]+')`;
    case 'number':
      return unreadable(name, 'DOUBLE');
    case 'boolean':
      return `lower(${textOf(column)}) NOT IN ('true', 'false')`;
    case 'date':
      return unreadable(name, 'DATE');
    case 'timestamp':
      return unreadable(name, 'TIMESTAMP');
    case 'time':
      return unreadable(name, 'TIME');
    default:
      return `${name} IS NOT NULL`;
  }
}

function unreadable(name: string, type: string): string {
  return `(${name} IS NOT NULL AND TRY_CAST(${name} AS ${type}) IS NULL)`;
}

function notOneOfSql(values: readonly (string | number | boolean | null)[], column: Column): string {
  const numbers = values.filter((value) => typeof value === 'number');
  if (column.kind === 'integer' || column.kind === 'number') {
    const name = quoteIdentifier(column.name);
    return numbers.length === 0 ? `${name} IS NOT NULL` : `${name} NOT IN (${numbers.join(', ')})`;
  }
  return `${textOf(column)} NOT IN (${values.map(asText).join(', ')})`;
}

const failingComparison = {
  minimum: '<',
  maximum: '>',
  exclusiveMinimum: '<=',
  exclusiveMaximum: '>=',
} as const;

function outOfBoundSql(
  bound: keyof typeof failingComparison,
  limit: number | string,
  column: Column,
): string {
  const comparison = failingComparison[bound];
  if (typeof limit === 'number') return `${numberOf(column)} ${comparison} ${limit}`;
  const name = quoteIdentifier(column.name);
  const instant = parseTime(limit);
  if (instant === undefined) {
    const value = column.kind === 'time' ? name : `TRY_CAST(${name} AS TIME)`;
    return `${value} ${comparison} TIME ${quoteLiteral(limit)}`;
  }
  const temporal = column.kind === 'timestamp' || column.kind === 'date';
  const value = temporal ? name : `TRY_CAST(${name} AS TIMESTAMP)`;
  return `${value} ${comparison} ${timeLiteral(column, instant)}`;
}

const integerTypes: Readonly<Record<string, string>> = {
  i8: 'TINYINT',
  i16: 'SMALLINT',
  i32: 'INTEGER',
  i64: 'BIGINT',
  i128: 'HUGEINT',
  u8: 'UTINYINT',
  u16: 'USMALLINT',
  u32: 'UINTEGER',
  u64: 'UBIGINT',
  u128: 'UHUGEINT',
};

const label = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const octet = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';

// Shapes only; whether an address exists is not a question about the data.
const textPatterns: Readonly<Record<string, string>> = {
  email: `[^@\\s]+@${label}(\\.${label})+`,
  uuid: '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}',
  uri: '[A-Za-z][A-Za-z0-9+.-]*:[^\\s]+',
  hostname: `${label}(\\.${label})*`,
  ipv4: `${octet}(\\.${octet}){3}`,
  ipv6: '[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*',
};

function wrongFormatSql(format: string, column: Column): string {
  const integerType = integerTypes[format];
  if (integerType !== undefined) return unreadable(quoteIdentifier(column.name), integerType);
  const pattern = textPatterns[format];
  if (pattern === undefined) throw new Error(`No check for the format ${format}.`);
  return `NOT regexp_full_match(${textOf(column)}, ${quoteLiteral(pattern)})`;
}
