import { MlInputError } from './ml-input-error.ts';

/** A column of numbers: a plain array or any typed array. */
export type Values = ArrayLike<number>;

/** @throws MlInputError `COLUMN_LENGTH_MISMATCH` when the columns differ in length. */
export function requireSameLength(a: ArrayLike<unknown>, b: ArrayLike<unknown>, names: string): void {
  if (a.length !== b.length) {
    throw new MlInputError('COLUMN_LENGTH_MISMATCH', `${names}: ${a.length} and ${b.length} rows`);
  }
}

/** @throws MlInputError `ROWS_EMPTY` when there is no row. */
export function requireRows(values: ArrayLike<unknown>, name: string): void {
  if (values.length === 0) throw new MlInputError('ROWS_EMPTY', `${name} has no rows`);
}

/** @throws MlInputError `VALUE_NOT_FINITE` when a value is NaN or infinite. */
export function requireFinite(values: Values, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new MlInputError('VALUE_NOT_FINITE', `${name}[${i}] is ${String(values[i])}`);
    }
  }
}

/** @throws MlInputError `VALUE_NOT_FINITE` when a value is NaN; infinities pass. */
export function requireNumbers(values: Values, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i] ?? Number.NaN))
      throw new MlInputError('VALUE_NOT_FINITE', `${name}[${i}] is NaN`);
  }
}

/** @throws MlInputError `WEIGHT_INVALID` when a weight is negative, not finite, or all are zero. */
export function requireWeights(weight: Values, rows: number): void {
  if (weight.length !== rows) {
    throw new MlInputError('COLUMN_LENGTH_MISMATCH', `weight has ${weight.length} values for ${rows} rows`);
  }
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const value = weight[i] ?? Number.NaN;
    if (!Number.isFinite(value) || value < 0) {
      throw new MlInputError('WEIGHT_INVALID', `weight[${i}] is ${String(value)}`);
    }
    total += value;
  }
  if (!(total > 0)) throw new MlInputError('WEIGHT_INVALID', 'the weights sum to zero');
}

/** @throws MlInputError `LABEL_NOT_BINARY` when a label is neither 0 nor 1. */
export function requireBinaryLabels(yTrue: Values): void {
  for (let i = 0; i < yTrue.length; i++) {
    if (yTrue[i] !== 0 && yTrue[i] !== 1) {
      throw new MlInputError('LABEL_NOT_BINARY', `yTrue[${i}] is ${String(yTrue[i])}; labels are 0 and 1`);
    }
  }
}

/** @throws MlInputError `PROBABILITY_OUT_OF_RANGE` when a value lies outside [0, 1]. */
export function requireProbabilities(values: Values, name: string): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!(value >= 0 && value <= 1)) {
      throw new MlInputError('PROBABILITY_OUT_OF_RANGE', `${name}[${i}] is ${String(value)}`);
    }
  }
}
