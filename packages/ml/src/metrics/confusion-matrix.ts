import { MlInputError } from '../ml-input-error.ts';
import { requireRows, requireSameLength, requireWeights, type Values } from '../numeric-values.ts';

/** A class label: a whole number, a boolean or a string; one kind per column. */
export type Label = number | string | boolean;
export type Labels = ArrayLike<Label>;

export interface ConfusionMatrix {
  /** Every label of either column, ascending (numbers by value, strings by code unit). */
  labels: Label[];
  /** matrix[i][j]: weight of rows whose true label is labels[i] and whose prediction is labels[j]. */
  matrix: number[][];
}

/**
 * @throws MlInputError on unequal lengths, no rows, labels of mixed kinds, numbers that are not whole
 */
export function confusionMatrix(yTrue: Labels, yPred: Labels, weight?: Values): ConfusionMatrix {
  requireSameLength(yTrue, yPred, 'yTrue and yPred');
  requireRows(yTrue, 'yTrue');
  if (weight !== undefined) requireWeights(weight, yTrue.length);
  const labels = distinctLabels(yTrue, yPred);
  const index = new Map<Label, number>();
  for (let i = 0; i < labels.length; i++) index.set(labels[i] ?? '', i);
  const matrix = labels.map(() => new Array<number>(labels.length).fill(0));
  for (let i = 0; i < yTrue.length; i++) {
    const row = matrix[index.get(yTrue[i] ?? '') ?? 0];
    const column = index.get(yPred[i] ?? '') ?? 0;
    if (row) row[column] = (row[column] ?? 0) + (weight === undefined ? 1 : (weight[i] ?? 0));
  }
  return { labels, matrix };
}

function distinctLabels(yTrue: Labels, yPred: Labels): Label[] {
  const seen = new Set<Label>();
  for (const column of [yTrue, yPred]) {
    for (let i = 0; i < column.length; i++) {
      const label = column[i];
      if (label === undefined || label === null || (typeof label === 'number' && !Number.isInteger(label))) {
        throw new MlInputError('LABEL_INVALID', `row ${i} has the label ${String(label)}`);
      }
      seen.add(label);
    }
  }
  const labels = [...seen];
  const kind = typeof labels[0];
  if (labels.some((label) => typeof label !== kind)) {
    throw new MlInputError('LABEL_KINDS_MIXED', 'labels mix numbers, strings or booleans');
  }
  return kind === 'number' ? labels.sort((a, b) => Number(a) - Number(b)) : labels.sort();
}
