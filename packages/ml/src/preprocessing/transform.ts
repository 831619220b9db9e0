import { MlInputError } from '../ml-input-error.ts';
import type { Dataset } from '../trainers/dataset.ts';
import type { FittedColumn, FittedPreprocessing } from './fit-preprocessing.ts';
import type { Table, TableColumn } from './table.ts';

/**
 * Applies fitted preprocessing: the numbers that stay numbers first, in table order, then the encoded columns
 * in table order (`name=category` for each one-hot column). Computes in float32 with the graph's own
 * operations, so trees behind it split exactly as they do behind the exported graph.
 * Columns are found by name; the table may hold others.
 * @throws MlInputError COLUMN_MISSING, COLUMN_TYPE_MISMATCH, COLUMN_LENGTH_MISMATCH
 */
export function transform(fitted: FittedPreprocessing, table: Table): Dataset {
  const columns: Float32Array[] = [];
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  for (const column of outputOrder(fitted)) {
    columns.push(...transformColumn(column, findColumn(column, byName.get(column.name), table.rows)));
  }
  return { rows: table.rows, columns, names: outputNames(fitted) };
}

/** Plain numbers first: in the graph they stay one tensor. */
export function outputOrder(fitted: FittedPreprocessing): FittedColumn[] {
  const plain = fitted.columns.filter((column) => column.encode === 'none');
  return [...plain, ...fitted.columns.filter((column) => column.encode !== 'none')];
}

export function outputNames(fitted: FittedPreprocessing): string[] {
  return outputOrder(fitted).flatMap((column) => {
    if (column.encode !== 'one_hot') return [column.name];
    return column.categories.map((category) => `${column.name}=${category}`);
  });
}

function findColumn(fitted: FittedColumn, column: TableColumn | undefined, rows: number): TableColumn {
  if (!column) throw new MlInputError('COLUMN_MISSING', `The table lacks the column "${fitted.name}".`);
  if (column.type !== fitted.type) {
    throw new MlInputError(
      'COLUMN_TYPE_MISMATCH',
      `Column "${fitted.name}" holds ${column.type}; the preprocessing learned ${fitted.type}.`,
    );
  }
  if (column.values.length !== rows) {
    throw new MlInputError(
      'COLUMN_LENGTH_MISMATCH',
      `Column "${fitted.name}" has ${column.values.length} values for ${rows} rows.`,
    );
  }
  return column;
}

function transformColumn(fitted: FittedColumn, column: TableColumn): Float32Array[] {
  if (fitted.encode === 'none') return [scaleNumbers(fitted, column)];
  const positions = categoryPositions(fitted, column);
  if (fitted.encode === 'ordinal') {
    return [Float32Array.from(positions, (position) => (position < 0 ? Number.NaN : position))];
  }
  return fitted.categories.map((_, k) =>
    Float32Array.from(positions, (position) => (position === k ? 1 : 0)),
  );
}

function scaleNumbers(fitted: FittedColumn & { encode: 'none' }, column: TableColumn): Float32Array {
  const { fill, offset, scale } = fitted;
  const out = new Float32Array(column.values.length);
  for (let row = 0; row < out.length; row++) {
    const value = Math.fround(column.values[row] as number);
    const present = fill !== null && Number.isNaN(value) ? fill : value;
    out[row] = Math.fround(present - offset) * scale;
  }
  return out;
}

/** -1: not among the categories. */
function categoryPositions(
  fitted: FittedColumn & { encode: 'one_hot' | 'ordinal' },
  column: TableColumn,
): Int32Array {
  const positions = new Map<string | number, number>();
  for (const [k, category] of fitted.categories.entries()) positions.set(category, k);
  const out = new Int32Array(column.values.length);
  for (let row = 0; row < out.length; row++) {
    const value = column.values[row] ?? '';
    const missing = typeof value === 'string' ? value === '' : Number.isNaN(value);
    const present = typeof value === 'string' ? value : Math.fround(value);
    out[row] = positions.get(missing && fitted.fill !== null ? fitted.fill : present) ?? -1;
  }
  return out;
}
