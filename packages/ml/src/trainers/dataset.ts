import { MlInputError } from '../ml-input-error.ts';

/** Numeric features, column-major: `columns[f][row]`. NaN is a missing value. */
export interface Dataset {
  readonly rows: number;
  readonly columns: readonly (Float32Array | Float64Array)[];
  readonly names: readonly string[];
}

/**
 * Refuses a dataset no trainer can use.
 * @throws MlInputError ROWS_EMPTY, COLUMNS_EMPTY, COLUMN_LENGTH_MISMATCH, NON_FINITE_FEATURE (an infinity,
 * or a number beyond the range of float32; with `missing: 'refuse'` also NaN)
 */
export function checkDataset(dataset: Dataset, missing: 'allow' | 'refuse'): void {
  if (dataset.rows < 1) throw new MlInputError('ROWS_EMPTY', 'The dataset has no rows.');
  if (dataset.columns.length < 1)
    throw new MlInputError('COLUMNS_EMPTY', 'The dataset has no feature columns.');
  if (dataset.names.length !== dataset.columns.length) {
    throw new MlInputError(
      'COLUMN_LENGTH_MISMATCH',
      `The dataset has ${dataset.columns.length} columns but ${dataset.names.length} names.`,
    );
  }
  for (const [index, column] of dataset.columns.entries()) {
    checkColumn(column, dataset.names[index] ?? String(index), dataset.rows, missing);
  }
}

/** @throws MlInputError COLUMN_LENGTH_MISMATCH, WEIGHTS_INVALID (negative, not finite, or all zero) */
export function checkWeights(weights: ArrayLike<number>, rows: number): void {
  checkLength(weights, rows, 'weights');
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights[row] as number;
    if (!(weight >= 0) || weight === Number.POSITIVE_INFINITY) {
      throw new MlInputError(
        'WEIGHTS_INVALID',
        `The weight of row ${row} is ${weight}; it must be 0 or more and finite.`,
      );
    }
    total += weight;
  }
  if (total <= 0) throw new MlInputError('WEIGHTS_INVALID', 'All weights are 0.');
}

/** @throws MlInputError COLUMN_LENGTH_MISMATCH, LABELS_NOT_FINITE */
export function checkRegressionLabels(labels: ArrayLike<number>, rows: number): void {
  checkLength(labels, rows, 'labels');
  for (let row = 0; row < rows; row++) {
    if (!Number.isFinite(labels[row])) {
      throw new MlInputError(
        'LABELS_NOT_FINITE',
        `The label of row ${row} is ${labels[row]}; labels must be finite numbers.`,
      );
    }
  }
}

/**
 * The distinct labels in ascending order, and each row's position among them.
 * @throws MlInputError COLUMN_LENGTH_MISMATCH, LABELS_NOT_FINITE, LABELS_NOT_INTEGER (the exported graph
 * answers INT64 labels), LABELS_ONE_CLASS
 */
export function encodeClasses(
  labels: ArrayLike<number>,
  rows: number,
): { classes: number[]; codes: Uint32Array } {
  checkRegressionLabels(labels, rows);
  const distinct = new Set<number>();
  for (let row = 0; row < rows; row++) distinct.add(labels[row] as number);
  for (const label of distinct) {
    if (!Number.isSafeInteger(label)) {
      throw new MlInputError(
        'LABELS_NOT_INTEGER',
        `The class label ${label} is not an integer; encode classes as integers.`,
      );
    }
  }
  if (distinct.size < 2) {
    throw new MlInputError(
      'LABELS_ONE_CLASS',
      `All ${rows} rows have the label ${[...distinct][0]}; a classifier needs two classes.`,
    );
  }
  const classes = [...distinct].sort((a, b) => a - b);
  return { classes, codes: codesOf(labels, rows, classes) };
}

/**
 * Each row's position among `classes`, for rows other than the training rows.
 * @throws MlInputError COLUMN_LENGTH_MISMATCH, LABELS_UNKNOWN_CLASS
 */
export function codesOf(labels: ArrayLike<number>, rows: number, classes: readonly number[]): Uint32Array {
  checkLength(labels, rows, 'labels');
  const position = new Map(classes.map((label, index) => [label, index]));
  const codes = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const code = position.get(labels[row] as number);
    if (code === undefined) {
      throw new MlInputError(
        'LABELS_UNKNOWN_CLASS',
        `The label ${labels[row]} of row ${row} is not among the training classes.`,
      );
    }
    codes[row] = code;
  }
  return codes;
}

function checkLength(values: ArrayLike<number>, rows: number, what: string): void {
  if (values.length === rows) return;
  throw new MlInputError('COLUMN_LENGTH_MISMATCH', `There are ${rows} rows but ${values.length} ${what}.`);
}

function checkColumn(
  column: Float32Array | Float64Array,
  name: string,
  rows: number,
  missing: 'allow' | 'refuse',
): void {
  if (column.length !== rows) {
    throw new MlInputError(
      'COLUMN_LENGTH_MISMATCH',
      `Column "${name}" has ${column.length} values for ${rows} rows.`,
    );
  }
  for (let row = 0; row < rows; row++) {
    const value = column[row] as number;
    if (Number.isNaN(value) ? missing === 'allow' : Math.abs(value) <= 3.4028234663852886e38) continue;
    throw new MlInputError(
      'NON_FINITE_FEATURE',
      `Column "${name}" holds ${value} in row ${row}; ${missing === 'allow' ? 'only finite float32 numbers and NaN (missing)' : 'only finite numbers'} can be used. Impute or clip the column first.`,
    );
  }
}
