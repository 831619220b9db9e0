import type * as Ml from '@esteira/ml';
import type { ConvertedColumn } from '@esteira/model-server';
import { loadWhenUsed } from '../../kernel/load-when-used.ts';
import { parseJson } from '../../kernel/parse-json.ts';

/** A value for each column; null is a missing one. */
export type Row = readonly (number | string | null)[];

export interface ComparisonRows {
  /** As the model was logged with. */
  readonly examples: readonly Row[];
  readonly madeUp: readonly Row[];
  /** A row for each column of numbers, without its value. */
  readonly gaps: readonly Row[];
}

const ml = loadWhenUsed<typeof Ml>('@esteira/ml');

const mostExamples = 200;
const madeUpRows = 200;
const mostGaps = 64;
const scales = [0.5, 2, 30];

/**
 * Rows on which two models are compared: those of the example, and as many that are made up, always the same ones for the same
 * columns and example. Where there is an example, a number is one of its column moved by up to half of it, and a text is one
 * of its column; else numbers lie around zero, closely and widely, every third of them whole.
 */
export function comparisonRows(
  columns: readonly ConvertedColumn[],
  examples: readonly Row[],
): ComparisonRows {
  const random = ml().createRandom(columns.length);
  const known = examples.slice(0, mostExamples);

  function makeUp({ text }: ConvertedColumn, column: number, row: number): number | string {
    const given = known.length === 0 ? null : (known[random.integer(known.length)]?.[column] ?? null);
    if (text && given !== null) return String(given);
    if (text) return row % 2 === 0 ? '' : `text ${row % 7}`;
    const scale = scales[row % scales.length] ?? 1;
    if (typeof given === 'number') return row % 2 === 0 ? given : given * (0.5 + random.next());
    const number = (2 * random.next() - 1) * scale;
    return row % 3 === 0 ? Math.round(number) : number;
  }

  const madeUp = Array.from({ length: madeUpRows }, (_, row) =>
    columns.map((column, position) => makeUp(column, position, row)),
  );
  const [usual] = known.length === 0 ? madeUp : known;
  const numbers = [...columns.entries()].filter(([, { text }]) => !text).slice(0, mostGaps);
  const gaps = numbers.map(([gap]) => (usual ?? []).map((value, column) => (column === gap ? null : value)));
  return { examples: known, madeUp, gaps };
}

/**
 * The rows of an example as MLflow's client keeps it: a data frame as `{columns, data}`, or lists of numbers. None where it
 * does not hold a value for each column.
 */
export function readExample(text: string, columns: readonly ConvertedColumn[]): readonly Row[] {
  const document = parseJson(text);
  const split: unknown = Object(document).dataframe_split ?? document;
  const { columns: names, data }: { columns?: unknown; data?: unknown } = Object(split);
  const rows: unknown = data ?? Object(document).inputs ?? document;
  if (!Array.isArray(rows)) return [];
  const places = columns.map(({ name }, position) => (Array.isArray(names) ? names.indexOf(name) : position));
  const read: Row[] = [];
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) return [];
    const values = places.map((place, column) => toValue(row[place], columns[column]?.text === true));
    if (values.includes(undefined)) return [];
    read.push(values.map((value) => value ?? null));
  }
  return read;
}

function toValue(value: unknown, text: boolean): number | string | null | undefined {
  if (value === null) return null;
  if (typeof value === 'boolean') return Number(value);
  return typeof value === (text ? 'string' : 'number') ? (value as number | string) : undefined;
}
