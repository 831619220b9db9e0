import { MlInputError } from '../ml-input-error.ts';
import type { Dataset } from './dataset.ts';
import { softmax } from './softmax.ts';
import type { GradientBoostingModel } from './train-gradient-boosting.ts';
import type { LogisticRegressionModel } from './train-logistic-regression.ts';
import { ensembleScores } from './tree-ensemble.ts';

export type TrainedModel = GradientBoostingModel | LogisticRegressionModel;

export type Predictions =
  | {
      readonly kind: 'classification';
      readonly classes: readonly number[];
      /** rows × classes, row-major. */
      readonly probabilities: Float64Array;
      /** The most probable class of each row; of equals the first. */
      readonly labels: Float64Array;
    }
  | { readonly kind: 'regression'; readonly values: Float64Array };

/**
 * What a trained model answers for the rows of `dataset`, whose columns stand in training order. Features are
 * rounded to float32, as the exported graph takes them.
 * @throws MlInputError FEATURE_COUNT_MISMATCH, COLUMN_LENGTH_MISMATCH
 */
export function predict(model: TrainedModel, dataset: Dataset): Predictions {
  const expected = model.featureNames.length;
  if (dataset.columns.length !== expected) {
    throw new MlInputError(
      'FEATURE_COUNT_MISMATCH',
      `The model takes ${expected} features; the rows have ${dataset.columns.length}.`,
    );
  }
  for (const [f, column] of dataset.columns.entries()) {
    if (column.length !== dataset.rows) {
      throw new MlInputError(
        'COLUMN_LENGTH_MISMATCH',
        `Column "${dataset.names[f]}" has ${column.length} values for ${dataset.rows} rows.`,
      );
    }
  }
  const scores =
    model.kind === 'gradient_boosting'
      ? ensembleScores(model.ensemble, dataset.columns, dataset.rows)
      : linearScores(model, dataset);
  if (model.kind === 'gradient_boosting' && model.objective === 'regression')
    return { kind: 'regression', values: scores };
  const classes = model.classes;
  const probabilities =
    scores.length === dataset.rows ? sigmoidRows(scores) : softmaxRows(scores, classes.length);
  return { kind: 'classification', classes, probabilities, labels: mostProbable(probabilities, classes) };
}

function linearScores(model: LogisticRegressionModel, dataset: Dataset): Float64Array {
  const { coefficients, intercepts } = model;
  const outputs = intercepts.length;
  const width = dataset.columns.length;
  const scores = new Float64Array(dataset.rows * outputs);
  for (let at = 0; at < scores.length; at++) scores[at] = intercepts[at % outputs] as number;
  for (const [f, column] of dataset.columns.entries()) {
    for (let row = 0; row < dataset.rows; row++) {
      const value = Math.fround(column[row] as number);
      for (let k = 0; k < outputs; k++) {
        const at = row * outputs + k;
        scores[at] = (scores[at] as number) + value * (coefficients[k * width + f] as number);
      }
    }
  }
  return scores;
}

function sigmoidRows(scores: Float64Array): Float64Array {
  const probabilities = new Float64Array(scores.length * 2);
  for (let row = 0; row < scores.length; row++) {
    const p = 1 / (1 + Math.exp(-(scores[row] as number)));
    probabilities[2 * row] = 1 - p;
    probabilities[2 * row + 1] = p;
  }
  return probabilities;
}

function softmaxRows(scores: Float64Array, classes: number): Float64Array {
  const probabilities = scores.slice();
  softmax(probabilities, classes);
  return probabilities;
}

function mostProbable(probabilities: Float64Array, classes: readonly number[]): Float64Array {
  const width = classes.length;
  const labels = new Float64Array(probabilities.length / width);
  for (let row = 0; row < labels.length; row++) {
    let best = 0;
    for (let k = 1; k < width; k++) {
      if ((probabilities[row * width + k] as number) > (probabilities[row * width + best] as number))
        best = k;
    }
    labels[row] = classes[best] as number;
  }
  return labels;
}
