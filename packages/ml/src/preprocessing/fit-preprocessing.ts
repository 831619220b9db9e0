import { MlInputError } from '../ml-input-error.ts';
import type { NumberColumn, Table, TextColumn } from './table.ts';

/** What to do with one column, in this order. A text column must be encoded. */
export interface ColumnPreprocessing {
  /** What replaces a missing value. Absent: NaN stays; a missing text is a category no row was trained on. */
  readonly impute?: 'mean' | 'median' | 'most_frequent' | { readonly constant: number | string };
  /** Subtract the mean and divide by the standard deviation (of the population, as scikit-learn). */
  readonly scale?: 'standard';
  /**
   * one_hot: a 0/1 column per category, all 0 for a category not seen. ordinal: the category's position in
   * alphabetic (numbers: ascending) order, NaN for one not seen.
   */
  readonly encode?: 'one_hot' | 'ordinal';
  /** Keep only the most frequent categories (ties alphabetically); default 255 for ordinal, 100 for one_hot. */
  readonly maxCategories?: number;
}

/** A plain value that can be stored as JSON. Columns stand in the order of the table. */
export interface FittedPreprocessing {
  readonly columns: readonly FittedColumn[];
}

export type FittedColumn =
  | {
      readonly name: string;
      readonly type: 'number';
      readonly encode: 'none';
      /** null: missing values stay NaN. */
      readonly fill: number | null;
      /** (value − offset) × scale, in float32. */
      readonly offset: number;
      readonly scale: number;
    }
  | {
      readonly name: string;
      readonly type: 'number';
      readonly encode: 'one_hot' | 'ordinal';
      readonly fill: number | null;
      readonly categories: readonly number[];
    }
  | {
      readonly name: string;
      readonly type: 'text';
      readonly encode: 'one_hot' | 'ordinal';
      readonly fill: string | null;
      readonly categories: readonly string[];
    };

/**
 * Learns means, medians and categories from training rows only; `transform` then applies them anywhere.
 * Numbers are float32 throughout, as in the exported graph.
 * @throws MlInputError ROWS_EMPTY, COLUMN_LENGTH_MISMATCH, COLUMN_UNKNOWN (a rule for a column the table
 * lacks), COLUMN_NAME_REPEATED, COLUMN_NOT_ENCODED (text without a rule), COLUMN_ALL_MISSING, OPTION_INVALID
 */
export function fitPreprocessing(
  table: Table,
  rules: Readonly<Record<string, ColumnPreprocessing>>,
): FittedPreprocessing {
  if (table.rows < 1) throw new MlInputError('ROWS_EMPTY', 'The table has no rows.');
  const names = new Set(table.columns.map((column) => column.name));
  if (names.size !== table.columns.length) {
    throw new MlInputError('COLUMN_NAME_REPEATED', 'Two columns of the table have the same name.');
  }
  for (const name of Object.keys(rules)) {
    if (!names.has(name))
      throw new MlInputError(
        'COLUMN_UNKNOWN',
        `There is a preprocessing rule for "${name}", which is not a column of the table.`,
      );
  }
  const columns = table.columns.map((column) => {
    if (column.values.length !== table.rows) {
      throw new MlInputError(
        'COLUMN_LENGTH_MISMATCH',
        `Column "${column.name}" has ${column.values.length} values for ${table.rows} rows.`,
      );
    }
    const rule = Object.hasOwn(rules, column.name) ? (rules[column.name] ?? {}) : {};
    return column.type === 'text' ? fitText(column, rule) : fitNumber(column, rule);
  });
  return { columns };
}

/**
 * Rules that make any table fit a model. Trees: numbers as they are, text as ordinals. Linear models: median
 * for missing numbers and standard scale; text one-hot.
 */
export function defaultPreprocessing(
  table: Table,
  model: 'trees' | 'linear',
): Record<string, ColumnPreprocessing> {
  const rules: [string, ColumnPreprocessing][] = table.columns.map((column) => {
    if (column.type === 'text') return [column.name, { encode: model === 'trees' ? 'ordinal' : 'one_hot' }];
    return [column.name, model === 'trees' ? {} : { impute: 'median', scale: 'standard' }];
  });
  return Object.fromEntries(rules);
}

function fitNumber(column: NumberColumn, rule: ColumnPreprocessing): FittedColumn {
  const { name } = column;
  const present = Float32Array.from(column.values).filter((value) => !Number.isNaN(value));
  const fill = numberFill(name, present, rule.impute);
  if (rule.encode) {
    if (rule.scale)
      throw new MlInputError('OPTION_INVALID', `Column "${name}" cannot be both scaled and encoded.`);
    return {
      name,
      type: 'number',
      encode: rule.encode,
      fill,
      categories: mostFrequent(name, present, rule, (a, b) => a - b),
    };
  }
  if (!rule.scale) return { name, type: 'number', encode: 'none', fill, offset: 0, scale: 1 };
  requirePresent(name, present.length);
  const missing = fill === null ? 0 : column.values.length - present.length;
  const count = present.length + missing;
  const mean = (sum(present) + missing * (fill ?? 0)) / count;
  let squares = missing * ((fill ?? 0) - mean) ** 2;
  for (const value of present) squares += (value - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  const scale = deviation > 1e-12 * Math.abs(mean) ? Math.fround(1 / deviation) : 1;
  return { name, type: 'number', encode: 'none', fill, offset: Math.fround(mean), scale };
}

function fitText(column: TextColumn, rule: ColumnPreprocessing): FittedColumn {
  const { name } = column;
  if (!rule.encode) {
    throw new MlInputError(
      'COLUMN_NOT_ENCODED',
      `Column "${name}" holds text; encode it as one_hot or ordinal, or leave it out.`,
    );
  }
  if (rule.scale || rule.impute === 'mean' || rule.impute === 'median') {
    throw new MlInputError('OPTION_INVALID', `Column "${name}" holds text; it has no mean and no scale.`);
  }
  const present = column.values.filter((value): value is string => value !== null && value !== '');
  let fill: string | null = null;
  if (rule.impute === 'most_frequent') {
    requirePresent(name, present.length);
    fill = countValues(present, compareCodeUnits)[0]?.[0] ?? null;
  } else if (rule.impute) {
    fill = String(rule.impute.constant);
  }
  const filled =
    fill === null ? present : column.values.map((value) => (value === null || value === '' ? fill : value));
  return {
    name,
    type: 'text',
    encode: rule.encode,
    fill,
    categories: mostFrequent(name, filled, rule, compareCodeUnits),
  };
}

function numberFill(
  name: string,
  present: Float32Array,
  impute: ColumnPreprocessing['impute'],
): number | null {
  if (impute === undefined) return null;
  if (typeof impute === 'object') {
    const value = Math.fround(Number(impute.constant));
    if (Number.isFinite(value)) return value;
    throw new MlInputError(
      'OPTION_INVALID',
      `Column "${name}" holds numbers; the constant ${impute.constant} is none.`,
    );
  }
  requirePresent(name, present.length);
  if (impute === 'mean') return Math.fround(sum(present) / present.length);
  if (impute === 'median') return Math.fround(median(present));
  return countValues(present, (a, b) => a - b)[0]?.[0] ?? null;
}

function requirePresent(name: string, count: number): void {
  if (count > 0) return;
  throw new MlInputError(
    'COLUMN_ALL_MISSING',
    `Column "${name}" has no values to learn from; impute a constant or leave it out.`,
  );
}

function mostFrequent<T>(
  name: string,
  values: Iterable<T>,
  rule: ColumnPreprocessing,
  order: (a: T, b: T) => number,
): T[] {
  const limit = rule.maxCategories ?? (rule.encode === 'ordinal' ? 255 : 100);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new MlInputError(
      'OPTION_INVALID',
      `maxCategories of column "${name}" is ${limit}; it must be an integer of at least 1.`,
    );
  }
  const counted = countValues(values, order);
  requirePresent(name, counted.length);
  return counted
    .slice(0, limit)
    .map(([value]) => value)
    .sort(order);
}

/** Most frequent first, ties in `order`. */
function countValues<T>(values: Iterable<T>, order: (a: T, b: T) => number): [T, number][] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || order(a[0], b[0]));
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function median(values: Float32Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
