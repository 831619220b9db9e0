import {
  requireBinaryLabels,
  requireFinite,
  requireRows,
  requireSameLength,
  requireWeights,
  type Values,
} from '../numeric-values.ts';
import { argsortDescending } from './argsort.ts';

/**
 * Cumulative weights of positives and negatives at each distinct score, highest score first: the one table from
 * which ROC, precision–recall and threshold metrics are read.
 */
export interface RankedScores {
  /** Distinct scores, descending. */
  thresholds: Float64Array;
  /** Weight of positives (negatives) with score >= threshold. */
  truePositives: Float64Array;
  falsePositives: Float64Array;
  positives: number;
  negatives: number;
}

/**
 * Sorts once and accumulates. Rows of weight 0 are left out.
 * @throws MlInputError on no rows, other labels than 0 and 1, scores that are not finite, bad weights
 */
export function rankScores(yTrue: Values, score: Values, weight?: Values): RankedScores {
  requireSameLength(yTrue, score, 'yTrue and score');
  requireRows(yTrue, 'yTrue');
  requireBinaryLabels(yTrue);
  requireFinite(score, 'score');
  if (weight !== undefined) requireWeights(weight, yTrue.length);
  const order = argsortDescending(score);
  const n = order.length;
  const thresholds = new Float64Array(n);
  const truePositives = new Float64Array(n);
  const falsePositives = new Float64Array(n);
  let groups = 0;
  let positives = 0;
  let negatives = 0;
  for (let i = 0; i < n; i++) {
    const row = order[i] ?? 0;
    const rowWeight = weight === undefined ? 1 : (weight[row] ?? 0);
    if (rowWeight === 0) continue;
    const value = score[row] ?? 0;
    if (yTrue[row] === 1) positives += rowWeight;
    else negatives += rowWeight;
    if (groups === 0 || thresholds[groups - 1] !== value) groups++;
    thresholds[groups - 1] = value;
    truePositives[groups - 1] = positives;
    falsePositives[groups - 1] = negatives;
  }
  return {
    thresholds: thresholds.subarray(0, groups),
    truePositives: truePositives.subarray(0, groups),
    falsePositives: falsePositives.subarray(0, groups),
    positives,
    negatives,
  };
}
