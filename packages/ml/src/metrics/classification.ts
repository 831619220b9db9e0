import { MlInputError } from '../ml-input-error.ts';
import type { Values } from '../numeric-values.ts';
import { type ConfusionMatrix, confusionMatrix, type Label, type Labels } from './confusion-matrix.ts';

/** Share of rows predicted right. All functions here throw MlInputError as `confusionMatrix` does. */
export function accuracy(yTrue: Labels, yPred: Labels, weight?: Values): number {
  const cells = confusionMatrix(yTrue, yPred, weight);
  return diagonal(cells) / total(cells);
}

/** Share of rows predicted wrong. */
export function hammingLoss(yTrue: Labels, yPred: Labels, weight?: Values): number {
  const cells = confusionMatrix(yTrue, yPred, weight);
  return (total(cells) - diagonal(cells)) / total(cells);
}

/**
 * Mean recall over the labels that occur in yTrue; `adjusted` rescales chance to 0. Adjusted with a single true label
 * is not computable: null.
 */
export function balancedAccuracy(
  yTrue: Labels,
  yPred: Labels,
  options: { adjusted?: boolean } = {},
): number | null {
  const value = balancedAccuracyUnbounded(yTrue, yPred, options);
  return Number.isFinite(value) ? value : null;
}

/** As `balancedAccuracy`, but with the quotient's own NaN or -Infinity where chance cannot be taken out. */
export function balancedAccuracyUnbounded(
  yTrue: Labels,
  yPred: Labels,
  options: { adjusted?: boolean } = {},
): number {
  const { matrix } = confusionMatrix(yTrue, yPred);
  let sum = 0;
  let classes = 0;
  for (let i = 0; i < matrix.length; i++) {
    const support = rowSum(matrix, i);
    if (support === 0) continue;
    sum += (matrix[i]?.[i] ?? 0) / support;
    classes++;
  }
  const score = sum / classes;
  if (options.adjusted !== true) return score;
  const chance = 1 / classes;
  return (score - chance) / (1 - chance);
}

export interface ClassScores {
  labels: Label[];
  precision: number[];
  recall: number[];
  f1: number[];
  /** Weight of rows truly in each class. */
  support: number[];
}

/** Precision, recall and F-beta of every class; `zeroDivision` (default 0) stands where a quotient has no denominator. */
export function perClassScores(
  yTrue: Labels,
  yPred: Labels,
  options: { beta?: number; zeroDivision?: number; weight?: Values } = {},
): ClassScores {
  const { labels, matrix } = confusionMatrix(yTrue, yPred, options.weight);
  const zero = options.zeroDivision ?? 0;
  const scores: ClassScores = { labels, precision: [], recall: [], f1: [], support: [] };
  for (let i = 0; i < labels.length; i++) {
    const hits = matrix[i]?.[i] ?? 0;
    const support = rowSum(matrix, i);
    const predicted = columnSum(matrix, i);
    scores.precision.push(predicted === 0 ? zero : hits / predicted);
    scores.recall.push(support === 0 ? zero : hits / support);
    scores.f1.push(fBeta(hits, predicted, support, options.beta ?? 1, zero));
    scores.support.push(support);
  }
  return scores;
}

export type Average = 'macro' | 'micro' | 'weighted';

/** The averages over classes: plain (macro), by support (weighted), or over pooled counts (micro). */
export function precisionRecallF1(
  yTrue: Labels,
  yPred: Labels,
  options: { average: Average; beta?: number; zeroDivision?: number; weight?: Values },
): { precision: number; recall: number; f1: number } {
  const scores = perClassScores(yTrue, yPred, options);
  const all = scores.support.reduce((sum, support) => sum + support, 0);
  if (options.average === 'micro') {
    // One label per row: pooled predictions and pooled supports are both all rows.
    const value = accuracy(yTrue, yPred, options.weight);
    return { precision: value, recall: value, f1: value };
  }
  const share = (i: number): number =>
    options.average === 'macro' ? 1 / scores.labels.length : (scores.support[i] ?? 0) / all;
  let precision = 0;
  let recall = 0;
  let f1 = 0;
  for (let i = 0; i < scores.labels.length; i++) {
    precision += share(i) * (scores.precision[i] ?? 0);
    recall += share(i) * (scores.recall[i] ?? 0);
    f1 += share(i) * (scores.f1[i] ?? 0);
  }
  return { precision, recall, f1 };
}

/** Mean over classes of |true and predicted| / |true or predicted|. */
export function jaccardMacro(yTrue: Labels, yPred: Labels): number {
  const { labels, matrix } = confusionMatrix(yTrue, yPred);
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const hits = matrix[i]?.[i] ?? 0;
    const union = rowSum(matrix, i) + columnSum(matrix, i) - hits;
    sum += union === 0 ? 0 : hits / union;
  }
  return sum / labels.length;
}

/** Matthews correlation of true and predicted labels, multi-class (Gorodkin 2004); 0 when either side is constant. */
export function matthewsCorrelation(yTrue: Labels, yPred: Labels): number {
  const cells = confusionMatrix(yTrue, yPred);
  const n = total(cells);
  let cross = 0;
  let trueSquares = 0;
  let predictedSquares = 0;
  for (let i = 0; i < cells.labels.length; i++) {
    const row = rowSum(cells.matrix, i);
    const column = columnSum(cells.matrix, i);
    cross += row * column;
    trueSquares += row * row;
    predictedSquares += column * column;
  }
  const spread = (n * n - trueSquares) * (n * n - predictedSquares);
  return spread === 0 ? 0 : (n * diagonal(cells) - cross) / Math.sqrt(spread);
}

type KappaWeights = 'none' | 'linear' | 'quadratic';

/**
 * Cohen's kappa; `linear` and `quadratic` weigh a disagreement by the distance of the labels' ranks. Null when chance
 * allows no disagreement (one label only).
 * @throws MlInputError `KAPPA_WEIGHTS_UNKNOWN`
 */
export function cohenKappa(yTrue: Labels, yPred: Labels, weights: KappaWeights = 'none'): number | null {
  if (!['none', 'linear', 'quadratic'].includes(weights)) {
    throw new MlInputError('KAPPA_WEIGHTS_UNKNOWN', `weights is ${weights}`);
  }
  const cells = confusionMatrix(yTrue, yPred);
  const n = total(cells);
  let seen = 0;
  let expected = 0;
  for (let i = 0; i < cells.labels.length; i++) {
    for (let j = 0; j < cells.labels.length; j++) {
      const distance = disagreement(i, j, weights);
      seen += distance * (cells.matrix[i]?.[j] ?? 0);
      expected += (distance * rowSum(cells.matrix, i) * columnSum(cells.matrix, j)) / n;
    }
  }
  return expected === 0 ? null : 1 - seen / expected;
}

function disagreement(i: number, j: number, weights: KappaWeights): number {
  if (weights === 'none') return i === j ? 0 : 1;
  return Math.abs(i - j) ** (weights === 'linear' ? 1 : 2);
}

function fBeta(hits: number, predicted: number, support: number, beta: number, zero: number): number {
  const denominator = beta * beta * support + predicted;
  return denominator === 0 ? zero : ((1 + beta * beta) * hits) / denominator;
}

function diagonal(cells: ConfusionMatrix): number {
  let sum = 0;
  for (let i = 0; i < cells.labels.length; i++) sum += cells.matrix[i]?.[i] ?? 0;
  return sum;
}

function total(cells: ConfusionMatrix): number {
  let sum = 0;
  for (let i = 0; i < cells.labels.length; i++) sum += rowSum(cells.matrix, i);
  return sum;
}

function rowSum(matrix: number[][], row: number): number {
  return (matrix[row] ?? []).reduce((sum, value) => sum + value, 0);
}

function columnSum(matrix: number[][], column: number): number {
  let sum = 0;
  for (const row of matrix) sum += row[column] ?? 0;
  return sum;
}
