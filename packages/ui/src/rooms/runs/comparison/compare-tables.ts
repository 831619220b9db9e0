/** A column of two tables, found by its name. */
export interface ComparedColumn {
  readonly name: string;
  /** Which of the tables have it. */
  readonly in: 'both' | 'left' | 'right';
  /** Rows, by their place, whose values differ. */
  readonly differing: number;
  /** The means where every value is a number. */
  readonly means: readonly [number | undefined, number | undefined];
}

interface ComparedTables {
  readonly rows: readonly [number, number];
  readonly columns: readonly ComparedColumn[];
}

/** Compares two texts of comma-separated values (RFC 4180), the names of whose columns stand in their first rows. */
export function compareTables(left: string, right: string): ComparedTables {
  const tables = [readTable(left), readTable(right)] as const;
  const names = new Set([...tables[0].keys(), ...tables[1].keys()]);
  return {
    rows: [rowsIn(tables[0]), rowsIn(tables[1])],
    columns: [...names].map((name) => {
      const [before, after] = [tables[0].get(name), tables[1].get(name)];
      const length = Math.max(before?.length ?? 0, after?.length ?? 0);
      let differing = 0;
      for (let row = 0; row < length; row++) if (before?.[row] !== after?.[row]) differing++;
      return {
        name,
        in: before === undefined ? 'right' : after === undefined ? 'left' : 'both',
        differing,
        means: [meanOf(before), meanOf(after)],
      };
    }),
  };
}

function readTable(text: string): ReadonlyMap<string, readonly string[]> {
  const [head = [], ...rows] = readRows(text);
  return new Map(head.map((name, place) => [name, rows.map((row) => row[place] ?? '')]));
}

function rowsIn(table: ReadonlyMap<string, readonly string[]>): number {
  for (const column of table.values()) return column.length;
  return 0;
}

function readRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A value in quotes or one without, and what ends it.
  for (const [whole, quoted, plain = '', end] of text.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    if (whole === '' && row.length === 0) break;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
    if (end === '') break;
  }
  return rows;
}

function meanOf(values: readonly string[] | undefined): number | undefined {
  if (values === undefined || values.length === 0) return undefined;
  let sum = 0;
  for (const value of values) {
    if (value.trim() === '' || !Number.isFinite(Number(value))) return undefined;
    sum += Number(value);
  }
  return sum / values.length;
}
