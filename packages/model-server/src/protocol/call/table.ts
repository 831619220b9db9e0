import { invalidRequest } from '../../inference-error.ts';

/** Rows of named columns, whatever form they came in. */
export interface Table {
  readonly rows: number;
  /** The names in the order they were sent. */
  readonly names: readonly string[];
  /** The values of a column by row; undefined where no row has it. */
  column(name: string): ((row: number) => unknown) | undefined;
}

/** Rows as lists, with the names of their columns. Throws INVALID_INFERENCE_REQUEST when a row is longer or shorter. */
export function tableOfRows(names: readonly string[], rows: readonly unknown[]): Table {
  const positions = new Map(names.map((name, position) => [name, position]));
  if (positions.size < names.length) {
    const twice = names.find((name, position) => positions.get(name) !== position);
    throw invalidRequest(`the column ${twice} is given twice`);
  }
  const checked: (readonly unknown[])[] = [];
  for (const [row, values] of rows.entries()) {
    if (!Array.isArray(values)) throw invalidRequest(`row ${row} is not a list of values`);
    if (values.length !== names.length) {
      throw invalidRequest(`row ${row} has ${values.length} values for ${names.length} columns`);
    }
    checked.push(values);
  }
  return {
    rows: rows.length,
    names,
    column(name) {
      const position = positions.get(name);
      return position === undefined ? undefined : (row) => checked[row]?.[position];
    },
  };
}

/** Rows as objects; a row that lacks a column that others have, lacks its value. */
export function tableOfRecords(records: readonly unknown[]): Table {
  const checked: Readonly<Record<string, unknown>>[] = [];
  const names = new Set<string>();
  for (const [row, record] of records.entries()) {
    if (!isRecord(record)) throw invalidRequest(`row ${row} is not an object of named values`);
    for (const name of Object.keys(record)) names.add(name);
    checked.push(record);
  }
  return {
    rows: records.length,
    names: [...names],
    column: (name) =>
      names.has(name)
        ? (row) => (Object.hasOwn(checked[row] ?? {}, name) ? checked[row]?.[name] : null)
        : undefined,
  };
}

/** Columns as lists; a value that is no list is the only row's. `needed` are the columns that must be of one length. */
export function tableOfColumns(
  columns: Readonly<Record<string, unknown>>,
  needed: (name: string) => boolean = () => true,
): Table {
  const lists = new Map<string, readonly unknown[]>();
  let rows: number | undefined;
  let first = '';
  for (const [name, values] of Object.entries(columns)) {
    const list: readonly unknown[] = Array.isArray(values) ? values : [values];
    lists.set(name, list);
    if (!needed(name)) continue;
    if (rows === undefined) {
      rows = list.length;
      first = name;
    } else if (list.length !== rows) {
      throw invalidRequest(`the column ${name} has ${list.length} values, ${first} has ${rows}`);
    }
  }
  return {
    rows: rows ?? 0,
    names: [...lists.keys()],
    column(name) {
      const list = lists.get(name);
      return list === undefined ? undefined : (row) => list[row];
    },
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
