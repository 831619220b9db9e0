import { invalidRequest } from '../../inference-error.ts';
import { type Table, tableOfRows } from './table.ts';

/** Texts that pandas reads as missing values. */
const missing = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);

/**
 * Reads CSV with a header row (RFC 4180; quotes double inside quotes, line ends of either kind, empty lines are passed over).
 * Values are texts, or null where pandas would read a missing one; a row may lack its last columns. Throws
 * INVALID_INFERENCE_REQUEST.
 */
export function parseCsv(text: string): Table {
  const records = readRecords(text.startsWith('\ufeff') ? text.slice(1) : text);
  const [header, ...rows] = records;
  if (header === undefined) throw invalidRequest('the CSV has no header row');
  const names = header.map(({ text: name }) => name);
  const values = rows.map((row, position) => {
    if (row.length > names.length)
      throw invalidRequest(`row ${position} of the CSV has ${row.length} values for ${names.length} columns`);
    return names.map((_, column) => {
      const field = row[column];
      return field === undefined || missing.has(field.text) ? null : field.text;
    });
  });
  return tableOfRows(names, values);
}

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

function readRecords(text: string): Field[][] {
  const records: Field[][] = [];
  let fields: Field[] = [];
  let position = 0;
  while (position < text.length) {
    const { field, next } = text[position] === '"' ? readQuoted(text, position) : readPlain(text, position);
    fields.push(field);
    position = next;
    if (text[position] === ',') {
      position += 1;
      // A comma at the very end opens one more field, which is empty.
      if (position === text.length || text[position] === '\n' || text[position] === '\r')
        fields.push({ text: '', quoted: false });
      else continue;
    }
    if (text[position] === '\r') position += 1;
    if (text[position] === '\n') position += 1;
    const [only] = fields;
    if (fields.length > 1 || (only !== undefined && (only.quoted || only.text !== ''))) records.push(fields);
    fields = [];
  }
  return records;
}

function readPlain(text: string, from: number): { field: Field; next: number } {
  let next = from;
  while (next < text.length && text[next] !== ',' && text[next] !== '\n' && text[next] !== '\r') next += 1;
  return { field: { text: text.slice(from, next), quoted: false }, next };
}

function readQuoted(text: string, from: number): { field: Field; next: number } {
  let value = '';
  let position = from + 1;
  for (;;) {
    const quote = text.indexOf('"', position);
    if (quote < 0) throw invalidRequest('the CSV ends inside quotes');
    value += text.slice(position, quote);
    position = quote + 1;
    if (text[position] !== '"') break;
    value += '"';
    position += 1;
  }
  const after = text[position];
  if (after !== undefined && after !== ',' && after !== '\n' && after !== '\r')
    throw invalidRequest('the CSV has text after a closing quote');
  return { field: { text: value, quoted: true }, next: position };
}
