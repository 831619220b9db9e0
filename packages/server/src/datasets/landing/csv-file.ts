import { quoteIdentifier, quoteLiteral } from '../../storage/tables/table-engine.ts';
import { type Column, columnOf } from '../column.ts';

/** How a CSV file is written: RFC 4180 with a header line, UTF-8; only the delimiter may differ. */
export interface CsvDialect {
  readonly delimiter: string;
  readonly names: readonly string[];
}

/**
 * Reads names and delimiter from the first line of the file. Of comma, semicolon, tab and bar, the delimiter is the one
 * that cuts the line into most names. Returns undefined when the line is not complete in `head`.
 */
export function readCsvHeader(head: string): CsvDialect | undefined {
  const text = head.startsWith('\uFEFF') ? head.slice(1) : head;
  let best: CsvDialect | undefined;
  for (const delimiter of [',', ';', '\t', '|']) {
    const names = firstRecord(text, delimiter);
    if (names === undefined) return undefined;
    if (best === undefined || names.length > best.names.length) best = { delimiter, names };
  }
  return best;
}

/** SQL of the file with every column as text; a row of another length is an error that names its line. */
function csvTextTable(path: string, dialect: CsvDialect): string {
  const columns = dialect.names.map((name) => `${quoteLiteral(name)}: 'VARCHAR'`).join(', ');
  const options = [
    'auto_detect = false',
    'header = true',
    'strict_mode = true',
    `delim = ${quoteLiteral(dialect.delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    `columns = {${columns}}`,
  ];
  return `read_csv(${quoteLiteral(path)}, ${options.join(', ')})`;
}

/** SQL of the file with its columns in their types. */
export function csvTable(path: string, dialect: CsvDialect, columns: readonly Column[]): string {
  const casts = columns.map(({ name, type }) => {
    const column = quoteIdentifier(name);
    return type === 'VARCHAR' ? column : `CAST(${column} AS ${type}) AS ${column}`;
  });
  return `(SELECT ${casts.join(', ')} FROM ${csvTextTable(path, dialect)})`;
}

// From the narrowest. A number with a leading zero is a code (a postal code, an account) and stays text, since the zero
// would be lost; 18 digits always fit 64 bits.
const readings: readonly { type: string; test(name: string): string }[] = [
  { type: 'BOOLEAN', test: (name) => `lower(${name}) IN ('true', 'false')` },
  { type: 'BIGINT', test: (name) => matches(name, '-?(0|[1-9][0-9]{0,17})') },
  {
    type: 'DOUBLE',
    test: (name) => matches(name, '-?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?'),
  },
  { type: 'DATE', test: (name) => readable(name, 'DATE', '[0-9]{4}-[0-9]{2}-[0-9]{2}') },
  { type: 'TIMESTAMP', test: (name) => readable(name, 'TIMESTAMP', '[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].+)?') },
];

/** SQL that asks of each column which types all of its texts can be read as, and counts the rows. */
export function typeInferenceSql(path: string, dialect: CsvDialect): string {
  const parts = ['count(*) AS total'];
  for (const [index, name] of dialect.names.entries()) {
    const column = quoteIdentifier(name);
    for (const { type, test } of readings) parts.push(`bool_and(${test(column)}) AS ${type}_${index}`);
  }
  return `SELECT ${parts.join(',\n')} FROM ${csvTextTable(path, dialect)}`;
}

/** The columns in the narrowest type that holds every value, from the answer to `typeInferenceSql`. */
export function inferredColumns(
  dialect: CsvDialect,
  answer: Readonly<Record<string, unknown>>,
): readonly Column[] {
  return dialect.names.map((name, index) => {
    const reading = readings.find(({ type }) => answer[`${type}_${index}`] === true);
    return columnOf(name, reading?.type ?? 'VARCHAR');
  });
}

function matches(name: string, pattern: string): string {
  return `regexp_full_match(${name}, '${pattern}')`;
}

// A choice, because planning takes the square of the number of conditions joined by AND: minutes for a thousand columns.
function readable(name: string, type: string, pattern: string): string {
  const reads = `TRY_CAST(${name} AS ${type}) IS NOT NULL`;
  return `CASE ${matches(name, pattern)} WHEN true THEN ${reads} WHEN false THEN false END`;
}

function firstRecord(text: string, delimiter: string): readonly string[] | undefined {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let position = 0; position < text.length; position++) {
    const character = text.charAt(position);
    if (quoted) {
      if (character !== '"') field += character;
      else if (text.charAt(position + 1) === '"') {
        field += '"';
        position++;
      } else quoted = false;
      continue;
    }
    if (character === '"') quoted = true;
    else if (character === delimiter) {
      fields.push(field);
      field = '';
    } else if (character === '\n' || character === '\r') return [...fields, field];
    else field += character;
  }
  return undefined;
}
